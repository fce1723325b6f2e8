"""Where data comes from: sources with their health, write keys that are shown once, and how to connect."""

from datetime import timedelta

from django.contrib import admin, messages
from django.contrib.admin.utils import unquote
from django.core.exceptions import PermissionDenied
from django.db.models import Count, Max, Q, Sum
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from cdp.base.admin.modeladmin import LookOnly, NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from profiles.ingestion.http import write_keys
from profiles.models import IngestRequest, QuarantineItem, Source, SourceKey

#: (title, template) of the snippets; the template gets `address` and `key`.
SNIPPETS = [
    ("Python", "admin/profiles/source/snippet.py.txt"),
    ("Node.js", "admin/profiles/source/snippet.js.txt"),
    ("curl", "admin/profiles/source/snippet.sh.txt"),
]


@admin.register(Source)
class SourceAdmin(Pages, NeverDelete, TrackedAdmin):
    question = _("Who sends us data, and is it flowing?")
    list_display = ["title", "code", "kind", "party", "trust", "default_country", "enabled"]
    list_filter = ["party", "kind", "enabled"]
    search_fields = ["code__startswith", "title__istartswith"]
    change_form_outer_before_template = "admin/profiles/source/health.html"

    def get_readonly_fields(self, request, obj=None):
        """What its records already say, by code and kind of number, does not change after the fact."""
        return ["code", "namespace"] if obj else []

    def get_urls(self):
        return [self.route("keys", self.keys_page), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        source = self.get_object(request, unquote(object_id))
        told = {"health": health(source)} if source else {}
        return super().change_view(request, object_id, form_url, told | (extra_context or {}))

    @method_decorator(never_cache)
    def keys_page(self, request, key):
        """The write keys of a source: make one, which is shown in the answer and never again, or end one."""
        self.demand(request, "profiles.view_sourcekey")
        source = self.found(Source.objects, pk=key)
        made = self._change_keys(request, source) if request.method == "POST" else None
        if request.method == "POST" and made is None:
            return redirect("admin:profiles_source_keys", key)
        return self.page(
            request,
            "source/keys",
            title=_("Write keys"),
            question=_("With what may this source send?"),
            source=source,
            keys=source.keys.order_by("-created_at"),
            made=made,
            snippets=_snippets(request, made or _("YOUR-WRITE-KEY")),
            may_make=request.user.has_perm("profiles.add_sourcekey"),
            may_end=request.user.has_perm("profiles.change_sourcekey"),
        )

    def _change_keys(self, request, source: Source) -> str | None:
        """End the key that was named, or make one and give it."""
        ends = request.POST.get("end")
        if not request.user.has_perm("profiles.change_sourcekey" if ends else "profiles.add_sourcekey"):
            raise PermissionDenied
        if not ends:
            row, text = write_keys.make(source=source, is_test=bool(request.POST.get("is_test")))
            self.log_addition(request, row, f"{source.code}: {row}")
            return text
        key = self.found(source.keys, pk=ends)
        write_keys.revoke(key)
        self.log_change(request, source, f"{key} revoked")
        messages.success(request, _("The key is ended: its next request is refused."))
        return None


@admin.register(SourceKey)
class SourceKeyAdmin(LookOnly, TrackedAdmin):
    """All keys at a glance; they are made and ended on the page of their source."""

    question = _("Which keys may send, and which are forgotten?")
    list_display = ["__str__", "source", "is_test", "created_at", "last_used_at", "revoked_at"]
    list_select_related = ["source"]
    list_filter = ["is_test", ("revoked_at", admin.EmptyFieldListFilter), "source"]
    ordering = ["-created_at"]
    exclude = ["digest"]


def health(source: Source) -> dict:
    """What arrived from a source in the last day, and what was refused; with the moment it was counted."""
    now = timezone.now()
    arrived = IngestRequest.objects.filter(source=source, received_at__gt=now - timedelta(days=1)).aggregate(
        requests=Count("id"), events=Sum("events", default=0), failed=Count("id", filter=Q(state="failed"))
    )
    refused = QuarantineItem.objects.filter(source=source, state="open").count()
    last = IngestRequest.objects.filter(source=source).aggregate(last=Max("received_at"))["last"]
    return {**arrived, "refused": refused, "last": last, "as_of": now}


def _snippets(request, key) -> list[tuple[str, str, str]]:
    """(id, title, code) for each client, with this host and `key`."""
    facts = {"address": request.build_absolute_uri("/").rstrip("/"), "key": key}
    return [(f"snippet-{n}", title, render_to_string(name, facts).strip()) for n, (title, name) in enumerate(SNIPPETS)]
