"""Partitions of events, one a month: made ahead and never by who writes events, because all others would wait for it.

Events of a month that has none of its own stand in the default partition, and are found there like the others.
"""

import logging
from collections.abc import Iterable
from datetime import date

from django.db import OperationalError, transaction

from cdp.base.database import locks
from cdp.base.database.locks import Lock
from cdp.base.database.sql import execute, value

log = logging.getLogger(__name__)

BEFORE, AHEAD = 2, 3
#: Whoever reads all events for longer than this is not disturbed: the month is made another day.
PATIENCE = "1s"


def make_around_today(*, before: int = BEFORE) -> None:
    """The months around today, by the clock of the database: late events find theirs, and so do those to come."""
    today = value("SELECT (now() AT TIME ZONE 'UTC')::date")
    make(_month(today, shift) for shift in range(-before, AHEAD + 1))


def make(months: Iterable[str]) -> None:
    """The partitions of these months, such as 2026-11 in UTC, where they are not there.

    Each in a short transaction of its own, outside of any other; one that must wait for long is left to the default.
    """
    for month in sorted(set(months)):
        first = f"{month}-01 00:00:00+00"
        if not value("SELECT profiles_event_month_stands(%s)", [first]):
            _make(month, first)


def _make(month: str, first: str) -> None:
    try:
        with transaction.atomic():
            execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            locks.wait_for(Lock.EVENT_MONTH)
            execute("SELECT profiles_event_month(%s)", [first])
            execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as trouble:
        log.info("No partition of events for %s: %s", month, type(trouble.__cause__).__name__)


def _month(today: date, shift: int) -> str:
    number = today.year * 12 + today.month - 1 + shift
    return f"{number // 12}-{number % 12 + 1:02}"
