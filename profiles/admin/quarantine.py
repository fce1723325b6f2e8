"""Events that could not be used: why, what to do, and whether they can still be saved."""

from django import forms
from django.contrib import admin, messages
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.forms import ActionForm

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.errors import Refused
from profiles.ingestion.events import quarantine
from profiles.models import QuarantineItem


class ReasonForm(ActionForm):
    """The act, and why: an event is let go for a stated reason only."""

    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"class": "k-input", "placeholder": _("needed to discard")}),
    )


@admin.register(QuarantineItem)
class QuarantineItemAdmin(LookOnly, HouseAdmin):
    question = _("What did we refuse, and can we save it?")
    empty_hint = _("Every event that arrived could be used.")
    list_display = ["received_at", "source", "reason", "what_to_do", "state", "expires_at"]
    list_display_links = ["received_at"]
    list_select_related = ["source"]
    list_filter = ["state", "source"]
    search_fields = ["reason"]
    search_help_text = _("Exact reason")
    sortable_by = ()
    ordering = ["-received_at"]
    fields = [
        "received_at",
        "source",
        "reason",
        "what_to_do",
        "sample",
        "state",
        "note",
        "expires_at",
        "ingest_request",
    ]
    action_form = ReasonForm
    actions = ["replay", "discard"]

    def has_work_permission(self, request) -> bool:
        """Rows are never edited; those who keep quarantine act on them by the actions below."""
        return request.user.has_perm("profiles.change_quarantineitem")

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(reason=search_term.strip()) if search_term else queryset), False

    @admin.display(description=_("what to do"))
    def what_to_do(self, item):
        return gettext(item.detail) if item.detail else "–"

    @admin.action(description=_("Try again"), permissions=["work"])
    def replay(self, request, queryset):
        items = list(queryset)
        done = quarantine.replay(items, by=request.user)
        self.log_acts(request, items, "Tried again")
        counts = {"replayed": done.replayed, "left": done.left}
        self.message_user(request, _("Used now: %(replayed)s. Still not usable: %(left)s.") % counts)

    @admin.action(description=_("Discard, with the reason"), permissions=["work"])
    def discard(self, request, queryset):
        items, reason = list(queryset), request.POST.get("reason", "").strip()
        try:
            count = quarantine.discard(items, reason=reason, by=request.user)
        except Refused as refusal:
            self.message_user(request, str(refusal), messages.ERROR)
        else:
            self.log_acts(request, items, f"Discarded: {reason}")
            self.message_user(request, _("Discarded: %(count)s.") % {"count": count})
