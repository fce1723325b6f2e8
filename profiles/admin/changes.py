"""The feed of changes to look at: what happened to whom, newest first."""

from django.contrib import admin
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles.admin.people.links import profile_link
from profiles.models import Change


@admin.register(Change)
class ChangeAdmin(LookOnly, HouseAdmin):
    question = _("What has changed of late, of whom, and when?")
    list_display = ["recorded_at", "kind", "whom", "concerns", "told", "is_test"]
    list_display_links = None
    list_filter = ["kind", ("recorded_at", RangeDateTimeFilter)]
    ordering = ["-epoch", "-xid", "-seq"]
    sortable_by = []

    @admin.display(description=_("profile"))
    def whom(self, change):
        return profile_link(change.profile) if change.profile else "–"

    @admin.display(description=_("concerns"))
    def concerns(self, change):
        """The import, segment, agreement and so on, or of people who were joined the one who stayed."""
        return format_html('<span class="k-mono">…{}</span>', str(change.object)[-12:]) if change.object else "–"

    @admin.display(description=_("what"))
    def told(self, change):
        return ", ".join(change.what)
