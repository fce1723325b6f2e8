"""Who opened personal values of whom, and for what purpose."""

from django.contrib import admin
from django.db.models import Q
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import change_url
from profiles.models import AccessEntry
from profiles.values.lookup import ids_of

MOST_LINKED = 20


@admin.register(AccessEntry)
class AccessEntryAdmin(FoundByPerson, LookOnly, HouseAdmin):
    question = _("Who opened which personal values, of whom, and why?")
    list_display = ["recorded_at", "actor_label", "action", "purpose", "people", "count", "allowed"]
    list_filter = [("recorded_at", RangeDateTimeFilter), "allowed"]
    list_display_links = ["recorded_at"]
    search_help_text = _("Id of a profile or of a user")
    fields = [
        "recorded_at",
        "actor_label",
        "actor",
        "action",
        "purpose",
        "fields",
        "count",
        "allowed",
        "request_id",
        "whom",
    ]
    readonly_fields = ["whom"]

    def rows_of(self, person):
        """Whoever opened values, or whose values were opened; nothing else is in the log to search by."""
        return Q(identities__overlap=ids_of(person)) | Q(actor=person)

    @admin.display(description=_("people"))
    def people(self, entry):
        return len(entry.identities)

    @admin.display(description=_("people"))
    def whom(self, entry):
        links = ((change_url("profiles.profile", key), key) for key in entry.identities[:MOST_LINKED])
        return format_html_join(", ", '<a class="k-link k-mono" href="{}">{}</a>', links)
