"""Filters with small, known sets of choices; each stands on an index, or narrows one that does."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from consents.models import Purpose
from profiles.models import Source


class _ByReference(admin.SimpleListFilter):
    """By a row of reference data: its id is looked up first, so that the index on it serves."""

    reference = None
    key = ""

    def lookups(self, request, model_admin):
        return list(self.reference.objects.values_list(self.key, "title"))

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        chosen = self.reference.objects.filter(**{self.key: self.value()}).values_list("pk", flat=True)
        return queryset.filter(**{f"{self.parameter_name}_id__in": list(chosen)})


class OfPurpose(_ByReference):
    title = _("purpose")
    parameter_name = "purpose"
    reference = Purpose
    key = "key"


class FromSource(_ByReference):
    title = _("source")
    parameter_name = "source"
    reference = Source
    key = "code"
