"""The consent ledger itself: every decision ever, the newest first. It can be read and nothing else."""

from django.contrib import admin
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from cdp.kit.admin import HouseAdmin, LookOnly
from consents.admin.filters import FromSource, OfPurpose
from consents.looks import state_badge
from consents.models import Ledger
from profiles.admin.links import profile_link


@admin.register(Ledger)
class LedgerAdmin(LookOnly, HouseAdmin):
    question = _("What was decided, entry by entry, and how do we know?")
    list_display = ["entry", "recorded_at", "effective_at", "purpose", "on_channel", "answer", "about", "source", "by"]
    list_display_links = ["entry"]
    list_select_related = ["purpose", "source"]
    list_filter = [FromSource, OfPurpose, "channel", "state", "actor_kind", "trust"]
    ordering = ["-history_id"]
    sortable_by = []

    @admin.display(description=_("entry"))
    def entry(self, entry):
        return entry.pk

    @admin.display(description=_("channel"))
    def on_channel(self, entry):
        return entry.get_channel_display()

    @admin.display(description=_("state"))
    def answer(self, entry):
        return state_badge(entry.state)

    @admin.display(description=_("about"))
    def about(self, entry):
        return profile_link(entry.subject_ref)

    @admin.display(description=_("decided by"))
    def by(self, entry):
        return entry.get_actor_kind_display()

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """An entry is read where it belongs: in the history of its person."""
        entry = get_object_or_404(Ledger, pk=object_id if str(object_id).isdigit() else None)
        return redirect(f"{reverse('admin:consents_person_history', args=[entry.subject_ref])}#entry-{entry.pk}")
