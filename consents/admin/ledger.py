"""The consent ledger itself: every decision ever, the newest first. It can be read and nothing else."""

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.admin.pages import Pages
from consents.admin.filters import OfPurpose, OfSource, OfTrust
from consents.badges import state_badge
from consents.models import Channel, Ledger
from consents.state.locks import profiles_of
from profiles.admin.people.by_person import FoundByPerson
from profiles.values.display_name import lines


class LedgerList(ChangeList):
    """Opens the masks of a page in one go, for whoever an entry's id means today."""

    def get_results(self, request):
        super().get_results(request)
        present = profiles_of(entry.identity_ref for entry in self.result_list)
        people = lines(set(present.values()))
        for entry in self.result_list:
            entry.who = people.get(present.get(entry.identity_ref), ("", ""))[0]


@admin.register(Ledger)
class LedgerAdmin(FoundByPerson, Pages, LookOnly, HouseAdmin):
    question = _("What was decided, entry by entry, and how do we know?")
    list_display = ["entry", "person", "purpose", "on_channel", "answer", "effective_at", "recorded_at", "by", "source"]
    list_display_links = ["entry"]
    list_select_related = ["purpose", "source"]
    list_filter = [OfSource, OfPurpose, "channel", "state", "actor_kind", OfTrust]
    person_fields = ("identity_ref",)
    ordering = ["-history_id"]
    sortable_by = []

    def get_changelist(self, request, **kwargs):
        return LedgerList

    @admin.display(description=_("entry"))
    def entry(self, entry):
        return entry.pk

    @admin.display(description=_("channel"))
    def on_channel(self, entry):
        return entry.get_channel_display() if entry.channel != Channel.NONE else "–"

    @admin.display(description=_("state"))
    def answer(self, entry):
        return state_badge(entry.state)

    @admin.display(description=_("person"))
    def person(self, entry):
        return entry.who or f"…{str(entry.identity_ref)[-12:]}"

    @admin.display(description=_("decided by"))
    def by(self, entry):
        return entry.get_actor_kind_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """An entry is read where it belongs: in the history of its person."""
        self.demand(request)
        entry = self.found(Ledger.objects, pk=object_id)
        return redirect(f"{reverse('admin:consents_person_history', args=[entry.identity_ref])}#entry-{entry.pk}")
