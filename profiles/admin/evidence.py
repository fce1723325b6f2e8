"""What was said, row by row, for whoever audits it. People are better seen on their profile, which gathers all this."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles import vault
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link
from profiles.admin.people.person import attach_facts
from profiles.models import Record, SourceIdentity, StewardDecision


class EvidenceAdmin(FoundByPerson, LookOnly, HouseAdmin):
    """Rows in the order in which they came."""

    sortable_by = ()
    ordering = ["-id"]

    @admin.display(description=_("profile"))
    def of_person(self, row):
        return profile_link(row.identity.profile_id)


@admin.register(SourceIdentity)
class SourceIdentityAdmin(EvidenceAdmin):
    question = _("Under which id does each source know a person?")
    list_display = ["created_at", "source", "of_person", "is_test"]
    list_select_related = ["source"]
    exclude = ["external_key"]
    person_fields = ("pk",)

    @admin.display(description=_("profile"))
    def of_person(self, row):
        return profile_link(row.profile_id)


@admin.register(Record)
class RecordAdmin(EvidenceAdmin):
    question = _("What did each source say, version by version?")
    list_display = ["received_at", "source", "version", "party", "observed_at", "file_import", "of_person"]
    list_select_related = ["source", "file_import", "identity"]
    exclude = ["digest", "traits", "sealed"]
    readonly_fields = ["said"]

    @admin.display(description=_("what it said, masked"))
    def said(self, record):
        attach_facts([record], vault.masked)
        return format_html_join("", "<div>{}: {}</div>", record.said) or "–"


@admin.register(StewardDecision)
class StewardDecisionAdmin(EvidenceAdmin):
    question = _("What did stewards decide of people?")
    list_display = ["decided_at", "kind", "reason", "decided_by", "expires_at", "of_person"]
    list_select_related = ["decided_by", "identity"]
    list_filter = ["kind"]
    person_fields = ("identity", "other")
