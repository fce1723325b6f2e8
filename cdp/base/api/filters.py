"""What may be asked in an address: known parameters, each once, each in a text that the database can hold."""

from django.core.exceptions import ValidationError as NoValue
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework.exceptions import ValidationError

from cdp.base.api.fields import NAIVE, is_naive
from cdp.base.api.text import is_storable


class _MomentFormField(filters.IsoDateTimeFilter.field_class):
    def to_python(self, value):
        if is_naive(value):
            raise NoValue(NAIVE, code="naive")
        return super().to_python(value)


class MomentFilter(filters.IsoDateTimeFilter):
    """A parameter that is a moment with its offset."""

    field_class = _MomentFormField


class StrictFilterBackend(filters.DjangoFilterBackend):
    """An unknown parameter is an error, and so is one given twice: neither may return more than was meant."""

    always = {"cursor", "limit", "reveal", "format"}

    def filter_queryset(self, request, queryset, view):
        refuse_unknown(request, known_parameters(view, queryset))
        return super().filter_queryset(request, queryset, view)


def known_parameters(view, queryset=None) -> set[str]:
    """The parameters that a view understands: its filters, its `parameters`, and those of paging."""
    filterset = StrictFilterBackend().get_filterset_class(view, queryset)
    names = set(filterset.base_filters) if filterset else set()
    return names | set(getattr(view, "parameters", ())) | StrictFilterBackend.always


def refuse_unknown(request, known: set[str]) -> None:
    """Raise a 400 that names each parameter which is not known, and those that are."""
    if unknown := sorted(set(request.query_params) - known):
        sentence = _("Unknown parameter. Known: %(known)s.") % {"known": ", ".join(sorted(known))}
        raise ValidationError({name: [sentence] for name in unknown}, code="unknown_parameter")


def refuse_repeated(request) -> None:
    """Raise a 400 that names each parameter given more than once: which of them counts would be a guess."""
    if repeated := [name for name, values in request.query_params.lists() if len(values) > 1]:
        sentence = _("Give this parameter once.")
        raise ValidationError({name: [sentence] for name in repeated}, code="repeated_parameter")


def refuse_bad_text(request, path: dict[str, str]) -> None:
    """Raise a 400 that names each part of the path and each parameter whose text no database can hold."""
    parts = [*path.items(), *((name, value) for name, values in request.query_params.lists() for value in values)]
    if bad := [name for name, value in parts if not is_storable(str(value))]:
        sentence = _("A text holds a NUL character or half a surrogate pair. Leave it out.")
        raise ValidationError({name: [sentence] for name in bad}, code="bad_character")
