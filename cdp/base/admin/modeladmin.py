"""Admin pages as this house makes them: fast at a million rows, read-only where data is evidence."""

from dataclasses import replace

from django.contrib import admin
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.utils import display_for_field
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import BinaryField, ManyToManyField, Model
from django.http import Http404
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from simple_history.admin import SimpleHistoryAdmin
from simple_history.template_utils import HistoricalRecordContextHelper
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cdp.base.database import sql, statistics
from cdp.base.personal_data import DigestField

MOST_COUNTED = 10_000


class FastPaginator(Paginator):
    """Counts at most 10 001 rows when a filter is set; without one it takes the planner's estimate."""

    @cached_property
    def count(self) -> int:
        queryset = self.object_list
        if not queryset.query.where:
            estimate = sql.value(f"SELECT {statistics.estimated_rows(queryset.model._meta.db_table)}")
            if estimate > MOST_COUNTED:
                return estimate
        return queryset.order_by()[: MOST_COUNTED + 1].count()


class HouseAdmin(ModelAdmin):
    """Every list: 25 rows, no full counts, foreign keys as look-ups, no delete confirmation over big tables."""

    # Boxes to tick: the two lists with arrows between them break rules of accessibility.
    formfield_overrides = {ManyToManyField: {"widget": UnfoldAdminCheckboxSelectMultipleWidget}}

    paginator = FastPaginator
    list_per_page = 25
    list_max_show_all = 25
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_filter_submit = True
    warn_unsaved_form = True
    actions_on_bottom = False

    def lookup_allowed(self, lookup, value, request):
        """Sealed values, digests and keys are no filters: what fits a pattern would be told letter by letter."""
        name = lookup.partition("__")[0]
        sealed = any(field.name == name and isinstance(field, BinaryField | DigestField) for field in self.opts.fields)
        return not sealed and super().lookup_allowed(lookup, value, request)

    def log_acts(self, request, rows, what: str) -> None:
        """Write what an action did into the log, which is the history of rows that are not tracked."""
        LogEntry.objects.log_actions(request.user.pk, rows, CHANGE, what)

    def get_actions(self, request):
        actions = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions


class LookOnly:
    """Evidence and projections: may be looked at, never touched, by nobody."""

    def has_add_permission(self, request, *args):
        return False

    def has_change_permission(self, request, obj=None):
        return False

    def has_delete_permission(self, request, obj=None):
        return False


class NeverDelete:
    """Reference data that evidence points to: it is closed or archived, not deleted."""

    def has_delete_permission(self, request, obj=None):
        return False


class ChangeInWords(HistoricalRecordContextHelper):
    """Choices by their titles and moments as the reader writes them.

    Also of fields that only the history has: of such a list it tells what went and what came.
    """

    def format_delta_change(self, change):
        field = next((field for field in self.model._tracked.also if field.name == change.field), None)
        if field is None:
            return super().format_delta_change(change)
        went = [one for one in change.old if one not in change.new]
        came = [one for one in change.new if one not in change.old]
        return replace(change, field=capfirst(field.verbose_name), old="; ".join(went), new="; ".join(came))

    def prepare_delta_change_value(self, change, value):
        value = super().prepare_delta_change_value(change, value)
        if isinstance(value, bool):
            return _("yes") if value else _("no")
        if value is None or isinstance(value, list | dict | Model):
            return "" if value is None else value
        return display_for_field(value, self.model._meta.get_field(change.field), "")


class TrackedAdmin(SimpleHistoryAdmin, HouseAdmin):
    """Reference data with its audit history. The class order is the theme's and must stay."""

    history_list_per_page = 50

    def get_historical_record_context_helper(self, request, historical_record):
        return ChangeInWords(self.model, historical_record, max_displayed_delta_change_chars=1000)

    def history_view(self, request, object_id, extra_context=None):
        """An id that is none has no history; the library would fail on it."""
        try:
            return super().history_view(request, object_id, extra_context)
        except (ValidationError, ValueError):
            raise Http404 from None

    def history_form_view(self, request, object_id, version_id, extra_context=None):
        try:
            return super().history_form_view(request, object_id, version_id, extra_context)
        except (ValidationError, ValueError):
            raise Http404 from None
