"""Lists in pages, each with the cursor of the next."""

import re
from urllib.parse import parse_qs, urlsplit

from django.core.exceptions import ValidationError as NoValue
from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.response import Response


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
