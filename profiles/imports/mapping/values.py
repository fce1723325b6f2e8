"""Cells as values: numbers in the file's notation, times in the source's time zone. Results are canonical text.

Numbers are read by `cdp.base.numbers.Notation`. Times without an offset are local: one that the clock skipped in spring
is moved forward by the hour that was skipped, one that it passed twice in autumn is the first of both.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, localcontext
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.utils import timezone

from cdp.base.numbers import Unreadable, in_range, notation
from profiles.ingestion.events.lines import is_list_of_products
from profiles.ingestion.events.payload import parse_one
from profiles.records.parsing import AHEAD, EARLIEST

UNIX = {"unix": 1, "unix_ms": 1_000}
REMEMBERED = 65_536


class Values:
    """Reads the cells of one file; equal cells are read once."""

    def __init__(self, *, decimal: str = ".", time_zone: str = "UTC"):
        self._notation = notation(decimal)
        self._zone = ZoneInfo(time_zone)
        self._latest = timezone.now() + AHEAD
        self.number: Callable[[str], str] = lru_cache(REMEMBERED)(self._read_number)
        self.moment: Callable[..., str] = lru_cache(REMEMBERED)(self._read_moment)
        self.day: Callable[..., str] = lru_cache(REMEMBERED)(self._read_day)

    def _read_number(self, text: str, form: str | None = None) -> str:
        return format(self._notation.read(text), "f")

    def _read_moment(self, text: str, form: str | None = None) -> str:
        """ISO 8601 in UTC. form: a strptime pattern, `unix`, `unix_ms`, or None for ISO 8601."""
        found = _parsed(text, form)
        if not 1969 <= found.year < 9999:  # the ends of the calendar cannot be moved to another time zone
            raise Unreadable("time_out_of_range" if found.year < 1969 else "future_date")
        found = (found if found.tzinfo else found.replace(tzinfo=self._zone)).astimezone(UTC)
        if found < EARLIEST:
            raise Unreadable("time_out_of_range")
        if found > self._latest:
            raise Unreadable("future_date")
        return found.isoformat(" ")

    def _read_day(self, text: str, form: str | None = None) -> str:
        return _parsed(text, form).date().isoformat()


def product(left: str, right: str) -> str:
    """Exact product of two canonical numbers."""
    with localcontext(prec=60):
        return format(in_range(Decimal(left) * Decimal(right)), "f")


def products(text: str) -> str:
    """The same text, where it is a JSON list of objects, as many as an event may have."""
    found = parse_one(text.encode())
    if not is_list_of_products(found):
        raise Unreadable("not_products")
    return text


def _parsed(text: str, form: str | None) -> datetime:
    try:
        if form in UNIX:
            return datetime.fromtimestamp(float(text) / UNIX[form], UTC)
        return datetime.strptime(text, form) if form else datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        raise Unreadable("not_a_time") from None


def is_form(form: str) -> bool:
    """Whether times can be read by it: what it writes, it reads."""
    try:
        return form in UNIX or bool(datetime.strptime(datetime(2026, 1, 31, tzinfo=UTC).strftime(form), form))
    except (ValueError, re.error):
        return False


FORMS = {
    None: "2026-01-31 13:45",
    "%d.%m.%Y %H:%M": "31.01.2026 13:45",
    "%d.%m.%Y": "31.01.2026",
    "%d-%m-%Y %H:%M": "31-01-2026 13:45",
    "%d-%m-%Y": "31-01-2026",
    "%d/%m/%Y %H:%M": "31/01/2026 13:45",
    "%d/%m/%Y": "31/01/2026",
    "%m/%d/%Y %H:%M": "01/31/2026 13:45",
    "%m/%d/%Y": "01/31/2026",
    "%m/%d/%y": "01/31/26",
}


def likely_form(samples: list[str]) -> str | None:
    """The form that reads most samples, the first of equal ones; None is ISO 8601, also where no form reads any.

    Most, not all: one cell that is no date must not hide how the others are written.
    """
    return max(FORMS, key=lambda form: sum(_reads(text, form) for text in samples))


def is_time(text: str) -> bool:
    """Whether any form reads it."""
    return any(_reads(text, form) for form in FORMS)


def _reads(text: str, form: str | None) -> bool:
    try:
        _parsed(text, form)
    except Unreadable:
        return False
    return True
