"""Over both changes of the clock, on the last Sundays of March and October: instants stay in order, days are local."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from consents.models import ConsentRecord
from consents.state import as_of
from partners.agreements import lifecycle
from profiles.imports.mapping.values import Values
from segments.language.calendar import Clock
from tests.consents import building as consent
from tests.profiles.building import person

ZONE = "Europe/Copenhagen"
COPENHAGEN = ZoneInfo(ZONE)
SPRING, AUTUMN = date(2026, 3, 29), date(2025, 10, 26)
DAYS = [pytest.param(SPRING, 23, id="spring"), pytest.param(AUTUMN, 25, id="autumn")]
#: 01:00 UTC, when the clock goes from 02:00 to 03:00, and from 03:00 to 02:00.
HOUR = timedelta(hours=1)

pytestmark = pytest.mark.django_db


def change(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 1, tzinfo=UTC)


def midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=COPENHAGEN)


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_a_day_of_a_segment_and_of_an_agreement_is_as_long_as_it_is_there(day, hours):
    clock = Clock(change(day), COPENHAGEN)
    first, after = clock.period("this", "day")
    in_force = lifecycle.period(day, day, ZONE)

    assert (first, after) == (day, day + timedelta(days=1))
    assert (clock.midnight(first), clock.midnight(after)) == (in_force.lower, in_force.upper)
    assert in_force.upper - in_force.lower == hours * HOUR


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_windows_of_hours_and_days_are_elapsed_and_those_of_weeks_are_local(day, hours):
    after = Clock(midnight(day + timedelta(days=1)).astimezone(UTC), COPENHAGEN)

    assert after.ago(hours, "hour") == midnight(day)
    assert after.as_of - after.ago(1, "day") == 24 * HOUR
    assert after.ago(1, "week") == midnight(day - timedelta(days=6))


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_answers_within_the_hours_of_the_change_stand_in_the_order_of_their_instants(day, hours):
    """By the local clock the second comes before the first in autumn, and an hour late in spring."""
    news, anna = consent.purpose(valid_months=6), person()
    given, withdrawn = change(day) - HOUR / 6, change(day) + HOUR / 6
    consent.say(anna, news, at=withdrawn.astimezone(COPENHAGEN), state="ConsentWithdrawn")
    consent.say(anna, news, at=given.astimezone(COPENHAGEN))

    stood = [
        {record["state_then"] for record in as_of.records([anna.pk], as_of=moment)}
        for moment in (given - HOUR / 6, change(day), withdrawn)
    ]

    assert stood == [set(), {"ConsentGiven"}, {"ConsentWithdrawn"}]
    assert ConsentRecord.objects.get().state == "ConsentWithdrawn"


@pytest.mark.parametrize(("day", "hours"), DAYS)
def test_local_times_of_a_file_keep_their_order_and_none_is_lost(day, hours):
    values = Values(decimal=",", time_zone=ZONE)
    moments = [
        datetime.fromisoformat(values.moment(f"{day} {hour:02}:{minute:02}"))
        for hour in range(24)
        for minute in (0, 30)
        if not (day == SPRING and hour == 2)  # which the clock skips
    ]

    assert moments == sorted(set(moments))
    assert (moments[0], moments[-1]) == (midnight(day), midnight(day + timedelta(days=1)) - HOUR / 2)
    assert {moment.astimezone(COPENHAGEN).date() for moment in moments} == {day}
