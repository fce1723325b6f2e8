"""Fields of a body that are read in one way only."""

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext_lazy as _
from rest_framework import serializers

NAIVE = _("Give the time with its offset, such as 2026-11-21T10:00:00+01:00.")


def is_naive(value) -> bool:
    try:
        read = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:  # such as 2026-02-31: said by the field
        return False
    return read is not None and read.tzinfo is None


class MomentField(serializers.DateTimeField):
    """A moment with its offset: one without would be read differently here and there."""

    default_error_messages = {"naive": NAIVE}

    def to_internal_value(self, value):
        if is_naive(value):
            self.fail("naive")
        return super().to_internal_value(value)
