"""What people did, and what was received and waits to become an event."""

from django.contrib import admin
from django.template.loader import render_to_string
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link
from profiles.ingestion.events import draining
from profiles.models import Event, EventName, IngestRequest, OrderLine
from profiles.values.lookup import profile_id


@admin.register(Event)
class EventAdmin(FoundByPerson, LookOnly, HouseAdmin):
    """Found by exact name, order or profile: a filter on anything rarer would read millions of rows for one page."""

    question = _("What did people do?")
    list_display = ["occurred_at", "type", "name", "source", "of_person", "order_id", "amount", "currency"]
    list_display_links = ["occurred_at"]
    list_select_related = ["source", "name"]
    list_filter = [("occurred_at", RangeDateTimeFilter)]
    search_help_text = _("Exact name, order or profile id")
    person_fields = ("profile",)
    sortable_by = ()
    ordering = ["-id"]
    exclude = ["sealed"]
    readonly_fields = ["type", "order_lines"]

    @admin.display(description=_("type"))
    def type(self, event):
        return event.name.get_type_display()

    @admin.display(description=_("order lines"))
    def order_lines(self, event):
        lines = OrderLine.objects.of([event])
        return render_to_string("admin/profiles/order_lines.html", {"lines": lines}) if lines else "–"

    @admin.display(description=_("profile"))
    def of_person(self, event):
        return profile_link(event.profile_id) if event.profile_id else "–"

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        if not text or profile_id(text):
            return super().get_search_results(request, queryset, search_term)
        return queryset.filter(name__in=EventName.objects.numbers(text)) | queryset.filter(order_id=text), False


@admin.register(IngestRequest)
class IngestRequestAdmin(LookOnly, HouseAdmin):
    question = _("What arrived, and is it stored yet?")
    list_display = ["received_at", "source", "state", "events", "stored", "attempts", "is_test"]
    list_display_links = ["received_at"]
    list_select_related = ["source"]
    list_filter = ["state"]
    sortable_by = ()
    ordering = ["-id"]
    exclude = ["sealed"]
    actions = ["try_again"]

    def has_work_permission(self, request) -> bool:
        """Rows are never edited; those who keep quarantine let what was set aside wait once more."""
        return request.user.has_perm("profiles.change_quarantineitem")

    def get_queryset(self, request):
        return super().get_queryset(request).defer("sealed")  # a whole body, of up to megabytes

    @admin.action(description=_("Try again"), permissions=["work"])
    def try_again(self, request, queryset):
        self.log_acts(request, list(queryset), "Tried again")
        count = draining.try_again(queryset)
        self.message_user(request, ngettext("%d item changed.", "%d items changed.", count) % count)
