"""When an event happened, told from three clocks: the sender's at the event, the sender's at sending, and ours."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from profiles.records.parsing import AHEAD

OLDEST = timedelta(days=3653)


class TooOld(Exception):
    """The event is older than what this door takes; such history comes as a file."""


class ClockReading(NamedTuple):
    """A time as it was written, in UTC, and whether it was written with an offset."""

    moment: datetime
    has_offset: bool


def read_clocks(text) -> ClockReading | None:
    """An ISO 8601 time; None where there is none or it makes no sense. Without an offset it is taken as UTC."""
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            return ClockReading(moment.replace(tzinfo=UTC), False)
        return ClockReading(moment.astimezone(UTC), True)
    except (TypeError, ValueError, OverflowError):
        return None


def effective(
    original: ClockReading | None, sent: datetime | None, received: datetime, threshold: timedelta
) -> tuple[datetime, list[str]]:
    """When the event happened by our clock, and the flags that say how that was found.

    original + (received - sent) when the sender's clock is off by more than `threshold`, else original; never later
    than 5 minutes after reception. Raises TooOld.
    """
    if original is None:
        return received, ["time_unknown"]
    flags = [] if original.has_offset else ["no_offset"]
    moment = original.moment
    if sent and abs(received - sent) > threshold:
        moment, flags = _shifted(moment, received - sent), [*flags, "clock_skew"]
    if moment > received + AHEAD:
        return received, [*flags, "clamped"]
    if moment < received - OLDEST:
        raise TooOld
    return moment, flags


def _shifted(moment: datetime, by: timedelta) -> datetime:
    try:
        return moment + by
    except OverflowError:
        raise TooOld from None
