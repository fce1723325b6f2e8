"""Who opened personal values of whom, and for what purpose."""

from django.contrib import admin
from django.utils.html import format_html_join
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles.admin.people.links import change_url
from profiles.models import AccessEntry
from profiles.values.lookup import profile_id

MOST_LINKED = 20


@admin.register(AccessEntry)
class AccessEntryAdmin(LookOnly, HouseAdmin):
    question = _("Who opened which personal values, of whom, and why?")
    list_display = ["recorded_at", "actor_label", "action", "purpose", "people", "count", "allowed"]
    list_filter = [("recorded_at", RangeDateTimeFilter), "allowed"]
    list_display_links = ["recorded_at"]
    search_fields = ["pk"]
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

    def get_search_results(self, request, queryset, search_term):
        """By an exact id, through an index; nothing else is in the log to search by."""
        if not search_term:
            return queryset, False
        key = profile_id(search_term)
        if key is None:
            return queryset.none(), False
        return queryset.filter(identities__contains=[key]) | queryset.filter(actor=key), False

    @admin.display(description=_("people"))
    def people(self, entry):
        return len(entry.identities)

    @admin.display(description=_("people"))
    def whom(self, entry):
        links = ((change_url("profiles.profile", key), key) for key in entry.identities[:MOST_LINKED])
        return format_html_join(", ", '<a class="k-link k-mono" href="{}">{}</a>', links)
