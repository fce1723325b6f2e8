"""Objections and restrictions: lists to read. They are recorded on the page of the person."""

from django.contrib import admin
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from consents.badges import badge
from consents.models import Objection, Restriction
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link


class OverrideAdmin(FoundByPerson, LookOnly, HouseAdmin):
    """Rows that begin something above consent for a person, or end it."""

    list_filter = ["lifted"]
    person_fields = ("identity_ref",)
    ordering = ["-id"]
    sortable_by = []
    readonly_fields = ["about"]

    @admin.display(description=_("act"))
    def what(self, row):
        return badge("quiet", gettext("ended")) if row.lifted else badge("bad", gettext("begun"))

    @admin.display(description=_("about"))
    def about(self, row):
        return profile_link(row.identity_ref)


@admin.register(Objection)
class ObjectionAdmin(OverrideAdmin):
    question = _("Who objects to what, since when?")
    list_display = ["effective_at", "what", "scope_in_words", "about", "reason_code", "source", "recorded_at"]
    list_select_related = ["purpose", "source"]
    list_filter = ["scope", *OverrideAdmin.list_filter]
    fields = ["about", "scope", "purpose", "lifted", "effective_at", "recorded_at", "source", "source_event_id"]

    @admin.display(description=_("to"))
    def scope_in_words(self, row):
        return row.purpose or row.get_scope_display()


@admin.register(Restriction)
class RestrictionAdmin(OverrideAdmin):
    question = _("Whose data may be kept and not used?")
    list_display = ["effective_at", "what", "about", "reason_code", "recorded_at"]
    fields = ["about", "lifted", "reason_code", "effective_at", "recorded_at"]
