"""The present consents: a list, one record, and the pages of each person's choices. Nothing can be edited."""

from django.contrib import admin
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from consents.admin.filters import InState, OfPurpose
from consents.admin.person.pages import PersonPages
from consents.badges import state_badge
from consents.models import Channel, ConsentRecord, state_at
from consents.permission.decision import decide
from consents.proof import history
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.reveal import Sight
from profiles.values.display_name import lines


class RecordList(ChangeList):
    """Opens the masks of a page in one go."""

    def get_results(self, request):
        super().get_results(request)
        people = lines({record.profile_id for record in self.result_list})
        for record in self.result_list:
            record.who, record.reached = people.get(record.profile_id, ("", ""))


@admin.register(ConsentRecord)
class ConsentRecordAdmin(FoundByPerson, LookOnly, PersonPages, HouseAdmin):
    question = _("What does whom allow us, for what, on which channel?")
    list_display = ["person", "reached_by", "purpose", "on_channel", "answer", "effective_at", "validity_until"]
    list_select_related = ["purpose"]
    list_filter = [OfPurpose, "channel", InState]
    person_fields = ("profile",)
    sortable_by = []
    ordering = ["purpose_id", "channel", "state", "profile_id"]

    def get_urls(self):
        return [*self.person_urls(), *super().get_urls()]

    def get_changelist(self, request, **kwargs):
        return RecordList

    @admin.display(description=_("person"))
    def person(self, record):
        return record.who or f"…{str(record.profile_id)[-12:]}"

    @admin.display(description=_("reached by"))
    def reached_by(self, record):
        return record.reached or "–"

    @admin.display(description=_("channel"))
    def on_channel(self, record):
        return record.get_channel_display() if record.channel != Channel.NONE else "–"

    @admin.display(description=_("state"))
    def answer(self, record):
        return state_badge(state_at(record, timezone.now()))

    # --- One record --------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """What did this person allow, when, and what follows from it?"""
        self.demand(request)
        record = self._found(object_id)
        answer = decide(
            record.profile_id, purpose=record.purpose.key, channel=record.channel, controller=record.controller.key
        )
        held = history.addresses(record.profile_id, [record.contact_ref])
        shown = Sight(request, record.profile).read(list(held.values()))
        name, contact = lines([record.profile_id])[record.profile_id]
        return self.page(
            request,
            "record/page",
            title=f"{record.purpose.title} · {record.get_channel_display()}",
            question=_("What did this person allow, and what follows from it?"),
            record=record,
            state=state_at(record, timezone.now()),
            profile=record.profile,
            name=name,
            contact=contact,
            address=shown[0] if shown else "",
            answer=answer,
            history_link=self._history_link(record),
        )

    def history_view(self, request, object_id, extra_context=None):
        """The ledger of this choice, over every id that the person ever had."""
        self.demand(request)
        return redirect(self._history_link(self._found(object_id)))

    def _found(self, object_id) -> ConsentRecord:
        found = ConsentRecord.objects.select_related(
            "profile",
            "purpose",
            "purpose_version",
            "controller",
            "notice_version",
            "entry__collection_point",
            "entry__source",
        )
        return self.found(found, pk=object_id)

    @staticmethod
    def _history_link(record: ConsentRecord) -> str:
        asked = urlencode({"purpose": record.purpose.key, "channel": record.channel})
        return f"{reverse('admin:consents_person_history', args=[record.profile_id])}?{asked}#entries"
