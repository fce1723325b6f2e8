"""The two clocks of a question about the past: what counted `as_of`, of all that was recorded by `known_at`.

What the company could know at a moment is asked with both at that moment. A later `known_at` takes in what came late.
"""

from datetime import UTC, datetime
from typing import NamedTuple

from django.utils import timezone

from cdp.base.database import clock
from consents.errors import BadMoment, InTheFuture
from profiles.records.parsing import AHEAD, EARLIEST


class Clocks(NamedTuple):
    """When people had acted, and by when we had stored it."""

    as_of: datetime
    known_at: datetime


def asked(*, as_of: datetime | None, known_at: datetime | None) -> Clocks | None:
    """What a question means that names either moment, both or none: one alone is both, None is now.

    Raises InTheFuture.
    """
    given = [moment for moment in (as_of, known_at) if moment]
    if not given:
        return None
    if max(given) > timezone.now():
        raise InTheFuture
    return Clocks(as_of or known_at, known_at or as_of)


def parameters(*, as_of: datetime | None = None, known_at: datetime | None = None) -> dict:
    """Both clocks for SQL (None: without end); `seen` bounds what has one clock only, by the earlier of both."""
    given = [moment for moment in (as_of, known_at) if moment]
    return {
        "until": as_of or "infinity",
        "known": known_at or "infinity",
        "seen": min(given, default="infinity"),
    }


def is_timely(moment: datetime) -> bool:
    """Whether somebody can have acted then: clocks differ, and the ledger's table draws the same line ahead."""
    return EARLIEST <= moment <= datetime.now(UTC) + AHEAD


def timely(moment: datetime | None) -> datetime:
    """The moment at which somebody acted, now where none is said. Raises BadMoment."""
    moment = moment or clock.now()
    if moment.utcoffset() is None or not is_timely(moment):
        raise BadMoment
    return moment
