"""The feed of changes to look at: what happened to whom, newest first."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles.admin.people.links import change_url
from profiles.models import Change


@admin.register(Change)
class ChangeAdmin(LookOnly, HouseAdmin):
    question = _("What has changed of late, of whom, and when?")
    list_display = ["recorded_at", "kind", "whom", "object", "told", "is_test"]
    list_display_links = None
    list_filter = ["kind", ("recorded_at", RangeDateTimeFilter)]
    ordering = ["-epoch", "-xid", "-seq"]
    sortable_by = []

    @admin.display(description=_("profile"))
    def whom(self, change):
        if change.profile is None:
            return "-"
        link = change_url("profiles.profile", change.profile)
        return format_html('<a class="k-link k-mono" href="{}">{}</a>', link, change.profile)

    @admin.display(description=_("what"))
    def told(self, change):
        return ", ".join(change.what)
