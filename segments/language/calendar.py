"""Time in segments: one literal instant per run, a zone, half-open windows.

N hours and days are elapsed time; weeks, months, quarters and years are calendar time in the zone, where a day that
the month lacks becomes its last one.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

MONTHS = {"month": 1, "quarter": 3, "year": 12}
ELAPSED = {"hour": timedelta(hours=1), "day": timedelta(days=1)}

LONGEST = {"years": 200}
PER_YEAR = {"hour": 8784, "day": 366, "week": 52, "month": 12, "quarter": 4, "year": 1}


def too_long(count: int, unit: str) -> bool:
    """More than any calendar of people needs."""
    return count > LONGEST["years"] * PER_YEAR[unit]


def shift(day: date, count: int, unit: str) -> date:
    """`day` moved by `count` days, weeks, months, quarters or years."""
    if unit in MONTHS:
        return shift_months(day, count * MONTHS[unit])
    return day + timedelta(days=count * (7 if unit == "week" else 1))


def shift_months(day: date, months: int) -> date:
    """`day` moved by calendar months; the 31st becomes the last day of a shorter month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def latest_turned(today: date, count: int, unit: str) -> date:
    """The latest day whose `count`th anniversary has come by `today`; 29 February has its own on the 28th."""
    earlier = shift(today, -count, unit)
    month_ends = today.day == monthrange(today.year, today.month)[1]
    if unit in MONTHS and month_ends:
        return earlier.replace(day=monthrange(earlier.year, earlier.month)[1])
    return earlier


def period_start(day: date, unit: str) -> date:
    """First day of the day, ISO week, month, quarter or year that holds `day`."""
    if unit == "week":
        return day - timedelta(days=day.weekday())
    if unit in MONTHS:
        length = MONTHS[unit]
        return day.replace(month=(day.month - 1) // length * length + 1, day=1)
    return day


@dataclass(frozen=True)
class Clock:
    """The moment a rule is computed for, and the zone its days are counted in."""

    as_of: datetime
    zone: ZoneInfo

    @property
    def today(self) -> date:
        return self.as_of.astimezone(self.zone).date()

    def ago(self, count: int, unit: str) -> datetime:
        """The instant `count` units before `as_of`, in UTC."""
        if unit in ELAPSED:
            return self.as_of - count * ELAPSED[unit]
        local = self.as_of.astimezone(self.zone)
        return datetime.combine(shift(local.date(), -count, unit), local.timetz()).astimezone(UTC)

    def period(self, which: str, unit: str) -> tuple[date, date]:
        """[first day, day after the last) of this, last or next day, week, month, quarter or year."""
        start = period_start(self.today, unit)
        start = shift(start, {"this": 0, "last": -1, "next": 1}[which], unit)
        return start, shift(start, 1, unit)

    def midnight(self, day: date) -> datetime:
        return datetime.combine(day, time(), self.zone).astimezone(UTC)

    def instant(self, text: str) -> datetime:
        """An ISO date or date-time; without an offset it is meant in the zone."""
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=self.zone)).astimezone(UTC)

    def window(self, window: dict | None) -> tuple[datetime | None, datetime]:
        """[from, to) of a window of the language, never past `as_of`; `from` is None for ever."""
        if not window:
            return None, self.as_of
        if "last" in window:
            return self.ago(window["last"], window["unit"]), self.as_of
        if "from_ago" in window:
            return self.ago(window["from_ago"], window["unit"]), self.ago(window["to_ago"], window["unit"])
        if "period" in window:
            start, end = (self.midnight(day) for day in self.period(window["period"], window["unit"]))
        else:
            start, end = self.instant(window["from"]), self.instant(window["to"])
        return start, min(end, self.as_of)
