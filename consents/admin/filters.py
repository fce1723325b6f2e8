"""Filters with small, known sets of choices; each stands on an index, or narrows one that does."""

from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consents.models import Purpose, State, Trust, in_state
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


class OfSource(_ByReference):
    title = _("source")
    parameter_name = "source"
    reference = Source
    key = "code"


class OfTrust(admin.SimpleListFilter):
    title = _("trust")
    parameter_name = "trust"

    def lookups(self, request, model_admin):
        return Trust.choices

    def queryset(self, request, queryset):
        return queryset.filter(trust=self.value()) if self.value() in Trust.values else queryset


class InState(admin.SimpleListFilter):
    """The state as it is now: what has run out is expired, whether it was recorded or not."""

    title = _("state")
    parameter_name = "state"

    def lookups(self, request, model_admin):
        return State.choices

    def queryset(self, request, queryset):
        if self.value() not in State.values:
            return queryset
        return queryset.filter(in_state(self.value(), timezone.now()))


class AnswerFilter(admin.SimpleListFilter):
    """What became of a request; those that wait unless asked otherwise, as in a queue."""

    title = _("state")
    parameter_name = "state"
    CHOSEN = {"waiting": {"decided_at": None}, "approved": {"approved": True}, "declined": {"approved": False}}

    def lookups(self, request, model_admin):
        return [("approved", _("approved")), ("declined", _("declined")), ("all", _("all"))]

    def choices(self, changelist):
        waiting, *others = super().choices(changelist)
        return [waiting | {"display": _("waiting")}, *others]

    def queryset(self, request, queryset):
        if self.value() == "all":
            return queryset
        return queryset.filter(**self.CHOSEN.get(self.value(), self.CHOSEN["waiting"]))
