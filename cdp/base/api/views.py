"""The management API as this house makes it: scopes, cursor paging, strict filters, problem documents.

Every view says which scope each action needs (`scopes`); a view without one is refused to everybody.
"""

import re
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError as NoValue
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from django_filters import rest_framework as filters
from rest_framework import serializers
from rest_framework.exceptions import APIException, NotFound, PermissionDenied, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from cdp.base.api.scopes import HasScope
from cdp.base.api.text import is_storable


class PurposeRequired(APIException):
    """Personal values are opened only for a stated purpose."""

    status_code = 400
    default_code = "purpose_required"
    default_detail = _("Name the purpose in the header X-Purpose to read personal values.")


def opens_personal_values(request) -> str | None:
    """The stated purpose when this caller may read personal values in this request, else None (values are masked).

    Raises PurposeRequired when the key may read them, asks for them with `?reveal=true`, and names no purpose.
    """
    if request.query_params.get("reveal") != "true":
        return None
    if "pii:read" not in getattr(request.auth, "scopes", []):
        raise PermissionDenied(_("This key has no scope %(scope)s.") % {"scope": "pii:read"})
    purpose = request.headers.get("X-Purpose", "").strip()
    if not purpose:
        raise PurposeRequired
    return purpose


def staff(request):
    """The user who calls in a session; None for a service. Who calls, a user or a key, is `request.user` (for logs)."""
    return None if request.auth else request.user


def service(request) -> str:
    """The name of the key by which a service calls; "" for a user."""
    return request.auth.name if request.auth else ""


class Cursor(CursorPagination):
    """`?limit=100&cursor=...` -> {"data": [...], "next_cursor": ..., "has_more": ...}."""

    page_size = 100
    page_size_query_param = "limit"
    max_page_size = 1000
    ordering = ("-id",)
    cursor_query_param = "cursor"

    def paginate_queryset(self, queryset, request, view=None):
        self._of = queryset.model._meta
        return super().paginate_queryset(queryset, request, view)

    def get_page_size(self, request):
        asked = request.query_params.get(self.page_size_query_param, str(self.page_size))
        if not re.fullmatch("[0-9]{1,4}", asked) or not 1 <= int(asked) <= self.max_page_size:
            sentence = _("Give a whole number from 1 to %(most)s.") % {"most": self.max_page_size}
            raise ValidationError({self.page_size_query_param: [sentence]}, code="invalid_limit")
        return int(asked)

    def decode_cursor(self, request):
        """The cursor, when it could be one of this list: its position is a value of the first column of the order."""
        try:
            cursor = super().decode_cursor(request)
            if cursor and cursor.position is not None:
                self._of.get_field(self.ordering[0].lstrip("-")).to_python(cursor.position)
        except (NotFound, NoValue):
            sentence = _("This is no cursor of this list. Take next_cursor of the page before.")
            raise ValidationError({self.cursor_query_param: [sentence]}, code="invalid_cursor") from None
        return cursor

    def get_paginated_response(self, data):
        link = self.get_next_link()
        cursor = parse_qs(urlsplit(link).query)[self.cursor_query_param][0] if link else None
        return Response({"data": data, "next_cursor": cursor, "has_more": link is not None})

    def get_paginated_response_schema(self, schema):
        return {
            "type": "object",
            "required": ["data", "next_cursor", "has_more"],
            "properties": {
                "data": schema,
                "next_cursor": {"type": ["string", "null"]},
                "has_more": {"type": "boolean"},
            },
        }


NAIVE = _("Give the time with its offset, such as 2026-11-21T10:00:00+01:00.")


def _is_naive(value) -> bool:
    try:
        read = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:  # such as 2026-02-31: said by the field
        return False
    return read is not None and read.tzinfo is None


class MomentField(serializers.DateTimeField):
    """A moment with its offset: one without would be read differently here and there."""

    default_error_messages = {"naive": NAIVE}

    def to_internal_value(self, value):
        if _is_naive(value):
            self.fail("naive")
        return super().to_internal_value(value)


class _MomentFormField(filters.IsoDateTimeFilter.field_class):
    def to_python(self, value):
        if _is_naive(value):
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


class ScopedView(APIView):
    """The base of a view that is no viewset: say the scope of each method in `scopes` = {"put": "profiles:write"}."""

    scopes: dict[str, str] = {}
    permission_classes = [HasScope]

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        refuse_repeated(request)
        refuse_bad_text(request, kwargs)


class ScopedViewSet(ScopedView, GenericViewSet):
    """The base of every viewset: say the scope of each action in `scopes` = {"list": "profiles:read", ...}."""

    parameters: tuple[str, ...] = ()
    filter_backends = [StrictFilterBackend]
    pagination_class = Cursor

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if self.action != "list":  # a list asks its filter backend
            refuse_unknown(request, known_parameters(self))
