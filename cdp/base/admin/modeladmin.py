"""Admin pages as this house makes them: fast at a million rows, read-only where data is evidence."""

from django.contrib import admin
from django.core.exceptions import ValidationError
from django.core.paginator import Paginator
from django.db.models import BinaryField, ManyToManyField
from django.http import Http404
from django.utils.functional import cached_property
from simple_history.admin import SimpleHistoryAdmin
from unfold.admin import ModelAdmin
from unfold.widgets import UnfoldAdminCheckboxSelectMultipleWidget

from cdp.base.database import sql, statistics

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
        sealed = any(field.name == name and isinstance(field, BinaryField) for field in self.opts.fields)
        return not sealed and super().lookup_allowed(lookup, value, request)

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


class TrackedAdmin(SimpleHistoryAdmin, HouseAdmin):
    """Reference data with its audit history. The class order is the theme's and must stay."""

    history_list_per_page = 50

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
