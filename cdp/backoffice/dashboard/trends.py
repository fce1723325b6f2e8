"""What the charts of the home pages show, read from indexes and statistics only."""

from datetime import date, timedelta

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from cdp.backoffice.dashboard.charts import Point
from cdp.base.database.sql import rows, value
from cdp.base.database.statistics import estimated_rows
from consents.models import State

DAYS, MONTHS = 14, 12
COUNTED_EXACTLY = 50_000


def events_by_month() -> list[Point]:
    """About how many events each of the last months holds, by the statistics of its partition."""
    found = dict(
        rows("""
        SELECT right(c.relname, 7), greatest(c.reltuples, 0)::bigint FROM pg_inherits i
        JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'profiles_event'::regclass
    """)
    )
    months = _months(timezone.localdate())
    return [Point(date_format(month, "M"), found.get(f"{month:%Y_%m}", 0)) for month in months]


def quarantined_by_day() -> list[Point]:
    """Events that wait in quarantine, by the day they came."""
    found = rows(
        "SELECT (received_at AT TIME ZONE %s)::date, count(*) FROM profiles_quarantineitem "
        "WHERE state = 'open' AND received_at > now() - interval '15 days' GROUP BY 1",
        [timezone.get_current_timezone_name()],
    )
    return _per_day(dict(found))


def withdrawals_by_day() -> list[Point]:
    """Withdrawals by the day they were recorded, from the ledger through its partial index."""
    found = rows(
        "SELECT (history_date AT TIME ZONE %s)::date, count(*) FROM ("
        "SELECT history_date FROM consents_historicalconsentrecord "
        "WHERE state = 'ConsentWithdrawn' AND history_date > now() - interval '15 days' LIMIT %s) recent GROUP BY 1",
        [timezone.get_current_timezone_name(), COUNTED_EXACTLY],
    )
    return _per_day(dict(found))


def consent_states() -> tuple[list[Point], bool]:
    """How many standing consents are in each state, and whether that is exact; big tables answer by statistics."""
    estimate = value(f"SELECT {estimated_rows('consents_consentrecord')}")
    exact = estimate <= COUNTED_EXACTLY
    found = dict(rows(EXACT) if exact else rows(BY_STATISTICS, [estimate]))
    titles = dict(State.choices)
    return [Point(titles.get(state) or _("none"), int(count)) for state, count in sorted(found.items())], exact


EXACT = "SELECT state, count(*) FROM consents_consentrecord GROUP BY state"
BY_STATISTICS = """
    SELECT state, round(share * %s) FROM pg_stats,
    unnest(most_common_vals::text::text[], most_common_freqs) AS common(state, share)
    WHERE tablename = 'consents_consentrecord' AND attname = 'state'
"""


def _per_day(found: dict[date, int]) -> list[Point]:
    today = timezone.localdate()
    days = [today - timedelta(days=back) for back in range(DAYS - 1, -1, -1)]
    return [Point(date_format(day, "j M"), found.get(day, 0)) for day in days]


def _months(last: date) -> list[date]:
    """The first days of the twelve months up to `last`, the oldest first."""
    count = last.year * 12 + last.month - 1
    return [date(number // 12, number % 12 + 1, 1) for number in range(count - MONTHS + 1, count + 1)]
