"""What waits for a steward: work items, and identifiers that many people share."""

from django import forms
from django.contrib import admin
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import HouseAdmin, NeverDelete, TrackedAdmin
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link
from profiles.identity import steward_decisions
from profiles.models import SharedIdentifier, WorkItem
from profiles.models.projection import WorkState


@admin.register(WorkItem)
class WorkItemAdmin(FoundByPerson, NeverDelete, HouseAdmin):
    question = _("What needs a decision, since when, and whose is it?")
    list_display = ["created_at", "kind", "reason", "about", "assignee", "state"]
    list_display_links = ["created_at"]
    list_select_related = ["assignee"]
    list_filter = ["state", "kind", ("assignee", admin.EmptyFieldListFilter)]
    person_fields = ("identity_ref",)
    ordering = ["-created_at"]
    actions = ["take", "finish", "dismiss"]
    fields = ["kind", "reason", "about", "state", "assignee", "created_at", "closed_at"]
    readonly_fields = ["kind", "reason", "about", "state", "created_at", "closed_at"]
    autocomplete_fields = ["assignee"]

    def has_add_permission(self, request):
        return False

    @admin.display(description=_("why"))
    def reason(self, item):
        return gettext(item.why)

    @admin.display(description=_("about"))
    def about(self, item):
        return profile_link(item.identity_ref) if item.identity_ref else "–"

    @admin.action(description=_("Take on"), permissions=["change"])
    def take(self, request, queryset):
        self._change(request, queryset, "Taken on", assignee=request.user)

    @admin.action(description=_("Done"), permissions=["change"])
    def finish(self, request, queryset):
        self._change(request, queryset, "Done", state=WorkState.DONE, closed_at=timezone.now())

    @admin.action(description=_("Not needed"), permissions=["change"])
    def dismiss(self, request, queryset):
        self._change(request, queryset, "Not needed", state=WorkState.DISMISSED, closed_at=timezone.now())

    @transaction.atomic
    def _change(self, request, queryset, what: str, **values) -> None:
        items = list(queryset.filter(state=WorkState.OPEN).select_for_update(of=["self"]))
        count = WorkItem.objects.filter(pk__in=[item.pk for item in items]).update(**values)
        self.log_acts(request, items, what)
        self.message_user(request, ngettext("%d item changed.", "%d items changed.", count) % count)


class VerdictForm(forms.ModelForm):
    """What an identifier is, and why: the reason is kept."""

    class Meta:
        model = SharedIdentifier
        fields = ["verdict", "reason", "expires_at"]

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if "reason" in self.fields:  # it is not for who may only look
            self.fields["reason"].required = True


@admin.register(SharedIdentifier)
class SharedIdentifierAdmin(NeverDelete, TrackedAdmin):
    question = _("Which addresses and numbers belong to more than one person?")
    list_display = ["namespace", "verdict", "people_seen", "reason", "expires_at", "created_at"]
    list_filter = ["verdict", "namespace"]
    list_select_related = ["namespace"]
    ordering = ["-people_seen", "-id"]
    form = VerdictForm
    fields = ["namespace", "people_seen", "verdict", "reason", "expires_at"]
    readonly_fields = ["namespace", "people_seen"]

    def save_model(self, request, obj, form, change):
        """Through the verb, which folds the people whom the verdict joins or parts."""
        chosen = {name: form.cleaned_data[name] for name in ("verdict", "reason", "expires_at")}
        steward_decisions.judge(shared=obj, by=request.user, **chosen)

    def has_add_permission(self, request):
        return False
