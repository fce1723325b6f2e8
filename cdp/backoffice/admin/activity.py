"""Who did what in the admin, who came in and who did not, and the jobs in the background: to look at only."""

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext
from procrastinate.contrib.django.models import ProcrastinateJob
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly

for model in (AccessAttempt, AccessFailureLog, AccessLog, ProcrastinateJob):
    admin.site.unregister(model)


@admin.register(LogEntry)
class LogEntryAdmin(LookOnly, HouseAdmin):
    question = _("Who changed what, and when?")
    list_display = ["action_time", "user", "action", "content_type", "object_repr", "what"]
    list_display_links = ["action_time"]
    list_select_related = ["user", "content_type"]
    list_filter = ["action_flag", ("action_time", RangeDateTimeFilter)]
    search_fields = ["user__username", "object_id"]
    search_help_text = _("Exact user name, or id of a row")
    sortable_by = ()
    ordering = ["-id"]

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        if not text:
            return queryset, False
        return queryset.filter(user__username=text) | queryset.filter(object_id=text), False

    @admin.display(description=_("action"))
    def action(self, entry):
        return entry.get_action_flag_display()

    @admin.display(description=_("what"))
    def what(self, entry):
        return entry.get_change_message()


class SignInLog(LookOnly, HouseAdmin):
    """What the throttle of sign-ins noted; the addresses of pages and browsers only."""

    list_display = ["attempt_time", "username", "ip_address", "user_agent"]
    list_display_links = None
    list_filter = [("attempt_time", RangeDateTimeFilter)]
    search_fields = ["username", "ip_address"]
    search_help_text = _("Exact user name or address")
    sortable_by = ()
    ordering = ["-id"]
    fields = ["attempt_time", "username", "ip_address", "user_agent"]

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        return (queryset.filter(username=text) if text else queryset), False


@admin.register(AccessLog)
class AccessLogAdmin(SignInLog):
    question = _("Who came in, when and from where?")


@admin.register(AccessFailureLog)
class AccessFailureLogAdmin(SignInLog):
    question = _("Who failed to come in?")


@admin.register(AccessAttempt)
class AccessAttemptAdmin(SignInLog):
    question = _("Who is locked out, or near it?")
    list_display = [*SignInLog.list_display, "failures_since_start"]
    actions = ["open_lock"]

    @admin.action(description=_("Let them in again"), permissions=["delete"])
    def open_lock(self, request, queryset):
        count, _by_model = queryset.delete()
        self.message_user(request, ngettext("%d lock opened.", "%d locks opened.", count) % count)

    def has_delete_permission(self, request, obj=None):
        """Only through the action: a lock is opened, a row is not edited."""
        return obj is None and request.user.has_perm("axes.delete_accessattempt")


@admin.register(ProcrastinateJob)
class JobAdmin(LookOnly, HouseAdmin):
    """A job carries an id only; what a person cares about is a row of the domain, with its own page."""

    question = _("What runs in the background, and what failed?")
    list_display = ["id", "task_name", "queue_name", "status", "attempts", "scheduled_at"]
    list_filter = ["status"]
    sortable_by = ()
    ordering = ["-id"]
