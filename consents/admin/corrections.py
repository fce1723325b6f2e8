"""Entries of the ledger that somebody called false: who asked, what about, and what a second person decided."""

from django.contrib import admin
from django.db.models import Q
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.admin.pages import Pages
from consents.admin.correction_review import DECIDE, decide
from consents.admin.filters import AnswerFilter, OfPurpose
from consents.badges import badge, state_badge, verdict_badge
from consents.models import Channel, CorrectionRequest, Ledger
from consents.proof import history
from consents.recording import correction
from consents.state.locks import profiles_of
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.reveal import Sight
from profiles.models import Profile, SourceIdentity
from profiles.values.display_name import lines
from profiles.values.lookup import of_person

LIST = "admin:consents_correctionrequest_changelist"


class CorrectionList(ChangeList):
    """Reads the entries of a page, and whom they are about, in one go each."""

    def get_results(self, request):
        super().get_results(request)
        entries = Ledger.objects.in_bulk([asked.entry for asked in self.result_list])
        present = profiles_of(entry.identity_ref for entry in entries.values())
        known = Profile.objects.filter(pk__in=present.values(), erased_at=None)
        people = lines(known.values_list("pk", flat=True))
        for asked in self.result_list:
            asked.about = entries[asked.entry]
            asked.who = people.get(present.get(asked.about.identity_ref))


@admin.register(CorrectionRequest)
class CorrectionRequestAdmin(FoundByPerson, Pages, LookOnly, HouseAdmin):
    question = _("Which entries are said to be false, and who decides?")
    empty_title = _("Nothing waits for a second person")
    empty_hint = _(
        "To ask for a correction, open the consent history of a person and say at the entry what is wrong with it. "
        "What was decided before is found by the filter."
    )
    everything = "state=all"
    list_display = [
        "requested_at", "asked_by", "person", "purpose", "on_channel", "says", "should_say", "reason_code", "standing",
        "decision",
    ]  # fmt: skip
    list_display_links = ["requested_at"]
    list_select_related = ["purpose", "requested_by", "decided_by"]
    list_filter = [AnswerFilter, OfPurpose]
    ordering = ["-id"]
    sortable_by = []

    def get_urls(self):
        return [self.post_route("decide", self.decide), *super().get_urls()]

    def get_changelist(self, request, **kwargs):
        return CorrectionList

    def rows_of(self, person):
        return Q(entry__in=Ledger.objects.filter(of_person(person, "identity_ref")).values("pk"))

    @admin.display(description=_("asked for by"))
    def asked_by(self, asked):
        return asked.requested_by

    @admin.display(description=_("person"))
    def person(self, asked):
        if asked.who is None:
            return gettext("erased")
        told = next(filter(None, asked.who), f"…{str(asked.about.identity_ref)[-12:]}")
        return format_html('<a class="k-link k-masked" href="{}">{}</a>', _history(asked.about), told)

    @admin.display(description=_("channel"))
    def on_channel(self, asked):
        named = asked.about.get_channel_display() if asked.about.channel != Channel.NONE else "–"
        return format_html('<span class="k-nowrap">{}</span>', named)

    @admin.display(description=_("says"))
    def says(self, asked):
        return state_badge(asked.about.state)

    @admin.display(description=_("should say"))
    def should_say(self, asked):
        return badge("quiet", gettext("nothing"))

    @admin.display(description=_("state"))
    def standing(self, asked):
        return verdict_badge(asked.approved)

    @admin.display(description=_("decided by"))
    def decision(self, asked):
        return asked.decided_by or "–"

    # --- One request ----------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Is this entry false, and what changes if it goes?"""
        self.demand(request)
        asked = self._asked(object_id)
        entry = Ledger.objects.select_related("notice_version", "source", "collection_point").get(pk=asked.entry)
        return self.page(
            request,
            "correction/page",
            title=_("Correction of entry %(number)s") % {"number": entry.pk},
            question=_("Is this entry false, and what changes if it no longer counts?"),
            asked=asked,
            entry=entry,
            may_decide=request.user.has_perm(DECIDE),
            **_about(request, entry),
        )

    def history_view(self, request, object_id, extra_context=None):
        """A request is decided once; its page tells all there is."""
        self.demand(request)
        return redirect("admin:consents_correctionrequest_change", self._asked(object_id).pk)

    def decide(self, request, key):
        """The second person agrees, or does not."""
        self.demand(request, DECIDE)
        asked = self._asked(key)
        done = decide(self, request, asked)
        return redirect(LIST) if done else redirect("admin:consents_correctionrequest_change", key)

    def _asked(self, key) -> CorrectionRequest:
        return self.found(CorrectionRequest.objects.select_related("purpose", "requested_by", "decided_by"), pk=key)


def _about(request, entry: Ledger) -> dict:
    """Whom the entry is about, as this user sees them, and what its correction would change; nothing once erased."""
    identity = SourceIdentity.objects.select_related("profile").filter(pk=entry.identity_ref).first()
    if identity is None or identity.profile.erased_at:
        return {}
    profile = identity.profile
    name, contact = lines([profile.pk])[profile.pk]
    address = Sight(request, profile).read(list(history.addresses(profile.pk, [entry.contact_ref]).values()))
    return {
        "profile": profile,
        "name": name,
        "contact": contact,
        "address": address[0] if address else "",
        "effect": correction.effect(entry, profile.pk),
        "history_link": _history(entry),
    }


def _history(entry: Ledger) -> str:
    """The entry where it belongs: in the history of its person."""
    return f"{reverse('admin:consents_person_history', args=[entry.identity_ref])}#entry-{entry.pk}"
