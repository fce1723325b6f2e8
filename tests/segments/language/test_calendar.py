from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from segments.language.calendar import Clock, latest_turned, period_start, shift

COPENHAGEN = ZoneInfo("Europe/Copenhagen")


def clock(*moment, zone=COPENHAGEN) -> Clock:
    return Clock(datetime(*moment, tzinfo=zone).astimezone(UTC), zone)


@pytest.mark.parametrize(
    ("year", "start"), [(2025, date(2025, 2, 28)), (2024, date(2024, 2, 29))], ids=["common year", "leap year"]
)
def test_last_month_on_31_march_starts_on_the_last_of_february(year, start):
    assert clock(year, 3, 31, 12).ago(1, "month").astimezone(COPENHAGEN).date() == start


def test_thirty_days_are_elapsed_time_across_a_clock_change():
    now = clock(2026, 4, 10, 12)

    assert now.as_of - now.ago(30, "day") == 30 * (now.ago(0, "day") - now.ago(1, "day"))
    assert now.ago(30, "day").astimezone(COPENHAGEN).hour == 11


def test_four_weeks_are_calendar_time_across_a_clock_change():
    assert clock(2026, 4, 10, 12).ago(4, "week").astimezone(COPENHAGEN) == datetime(2026, 3, 13, 12, tzinfo=COPENHAGEN)


def test_a_quarter_is_three_months_and_begins_in_january_april_july_october():
    assert shift(date(2026, 5, 31), -1, "quarter") == date(2026, 2, 28)
    assert {period_start(date(2026, month, 15), "quarter").month for month in range(1, 13)} == {1, 4, 7, 10}


def test_an_iso_week_begins_on_monday():
    assert clock(2027, 1, 1, 1).period("this", "week") == (date(2026, 12, 28), date(2027, 1, 4))


def test_a_day_is_that_of_the_zone():
    late = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)

    assert Clock(late, COPENHAGEN).today == date(2026, 7, 1)
    assert Clock(late, ZoneInfo("UTC")).today == date(2026, 6, 30)


def test_a_leap_day_birthday_turns_on_28_february_in_a_common_year():
    assert latest_turned(date(2025, 2, 28), 25, "year") == date(2000, 2, 29)
    assert latest_turned(date(2025, 2, 27), 25, "year") == date(2000, 2, 27)
    assert latest_turned(date(2024, 2, 28), 24, "year") == date(2000, 2, 28)


def test_windows_are_half_open_and_end_at_the_moment_asked_about():
    now = clock(2026, 6, 15, 12)

    assert now.window(None) == (None, now.as_of)
    assert now.window({"last": 1, "unit": "hour"}) == (now.ago(1, "hour"), now.as_of)
    assert now.window({"from_ago": 3, "to_ago": 1, "unit": "day"}) == (now.ago(3, "day"), now.ago(1, "day"))
    assert now.window({"period": "this", "unit": "month"}) == (clock(2026, 6, 1).as_of, now.as_of)
    assert now.window({"period": "last", "unit": "month"}) == (clock(2026, 5, 1).as_of, clock(2026, 6, 1).as_of)
    assert now.window({"from": "2026-01-01", "to": "2027-01-01"}) == (clock(2026, 1, 1).as_of, now.as_of)


def test_an_instant_without_offset_is_meant_in_the_zone():
    now = clock(2026, 6, 15)

    assert now.instant("2011-09-10") == datetime(2011, 9, 9, 22, tzinfo=UTC)
    assert now.instant("2011-09-10T08:30") == datetime(2011, 9, 10, 6, 30, tzinfo=UTC)
    assert now.instant("2011-09-10T08:30:00Z") == datetime(2011, 9, 10, 8, 30, tzinfo=UTC)
