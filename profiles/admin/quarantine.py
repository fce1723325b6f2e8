"""Events that could not be used: why, what to do, and whether they can still be saved."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cdp.kit.admin import HouseAdmin, LookOnly
from profiles.models import QuarantineItem


@admin.register(QuarantineItem)
class QuarantineItemAdmin(LookOnly, HouseAdmin):
    question = _("What did we refuse, and can we save it?")
    list_display = ["received_at", "source", "reason", "detail", "state", "expires_at"]
    list_display_links = ["received_at"]
    list_select_related = ["source"]
    list_filter = ["state", "source"]
    search_fields = ["reason"]
    search_help_text = _("Exact reason")
    sortable_by = ()
    ordering = ["-received_at"]
    exclude = ["sealed", "key"]

    def get_search_results(self, request, queryset, search_term):
        return (queryset.filter(reason=search_term.strip()) if search_term else queryset), False
