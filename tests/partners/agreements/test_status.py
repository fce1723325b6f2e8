"""When an agreement is in force: whole local days of its own zone, half-open."""

from datetime import UTC, date, datetime, timedelta

import pytest

from partners.agreements import lifecycle
from partners.agreements.status import status, statuses
from partners.models import Agreement, Partner
from tests.builders import user
from tests.partners.building import agreement, approved, drafted, partner, proposed, purpose

pytestmark = pytest.mark.django_db

#: (zone, last day of the period, the first instant after it)
ENDS = [
    ("Europe/Copenhagen", "2026-03-31", "2026-03-31T22:00:00Z"),  # summer time
    ("Europe/Copenhagen", "2026-01-31", "2026-01-31T23:00:00Z"),  # winter time
    ("Europe/Copenhagen", "2026-03-29", "2026-03-29T22:00:00Z"),  # the day on which the clock moves on
    ("Europe/Copenhagen", "2026-10-25", "2026-10-25T23:00:00Z"),  # the day on which it moves back
    ("Europe/Helsinki", "2026-03-31", "2026-03-31T21:00:00Z"),
    ("America/New_York", "2026-12-31", "2027-01-01T05:00:00Z"),
    ("UTC", "2028-02-29", "2028-03-01T00:00:00Z"),
]
MINUTE = timedelta(minutes=1)


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(("zone", "last", "end"), ENDS)
def test_a_period_ends_with_its_last_local_day(zone, last, end):
    span = lifecycle.period(date(2025, 6, 1), date.fromisoformat(last), zone)

    assert span.upper == instant(end)
    assert instant(end) - MINUTE in span
    assert instant(end) not in span


@pytest.mark.parametrize(
    ("first", "begin"), [("2026-07-01", "2026-06-30T22:00:00Z"), ("2026-01-01", "2025-12-31T23:00:00Z")]
)
def test_a_period_begins_with_its_first_local_day(first, begin):
    span = lifecycle.period(date.fromisoformat(first), date(2027, 1, 1), "Europe/Copenhagen")

    assert instant(begin) in span
    assert instant(begin) - timedelta(microseconds=1) not in span


#: Last days to come, in summer time and in winter time, seen from any day on which this runs.
NEXT_YEAR = date.today().year + 1
SEASONS = {"summer": (date(NEXT_YEAR, 7, 31), 22), "winter": (date(NEXT_YEAR, 1, 31), 23)}


@pytest.mark.parametrize(("last", "hour"), SEASONS.values(), ids=SEASONS.keys())
def test_an_agreement_holds_to_the_last_minute_and_no_longer(last, hour):
    version = agreement(valid_until=last)
    end = datetime(last.year, last.month, last.day, hour, tzinfo=UTC)

    assert status(version.agreement, as_of=end - MINUTE).allows
    assert status(version.agreement, as_of=end).code == "expired"
    assert status(version.agreement, as_of=end + MINUTE).code == "expired"


def test_an_agreement_of_tomorrow_is_not_in_force_today():
    version = agreement(valid_from=date.today() + timedelta(days=2))

    assert status(version.agreement).code == "not_yet"
    assert status(version.agreement, as_of=version.in_force.lower).allows


def test_an_agreement_is_never_in_force_before_it_was_activated():
    version = agreement(valid_from=date.today() - timedelta(days=90))

    assert version.in_force.lower < version.activated_at - timedelta(days=80)
    assert not status(version.agreement, as_of=version.activated_at - MINUTE).allows


def test_an_agreement_says_thirty_days_before_that_it_ends():
    version = agreement(valid_until=date.today() + timedelta(days=40))
    end = version.in_force.upper

    assert status(version.agreement, as_of=end - timedelta(days=31)).code == "in_force"
    assert status(version.agreement, as_of=end - timedelta(days=30)).code == "expiring"


@pytest.mark.parametrize(("build", "code"), [(drafted, "draft"), (proposed, "proposed"), (approved, "proposed")])
def test_an_agreement_that_is_not_activated_allows_nothing(build, code):
    found = status(build().agreement)

    assert (found.code, found.allows) == (code, False)


@pytest.mark.parametrize("state", ["suspended", "closed", "prospect"])
def test_a_partner_that_is_not_approved_suspends_its_agreements(state):
    version = agreement()
    other = Partner.objects.get(pk=version.agreement.partner_id)
    other.status = state
    other.save()

    assert status(version.agreement).code == "suspended"


def test_the_status_of_many_agreements_costs_as_much_as_of_one(django_assert_num_queries):
    versions = [agreement(), agreement(to=partner("sports-club")), drafted(to=partner("tram")), agreement()]
    lifecycle.suspend(versions[3].agreement, by=user(), reason="A leak.")

    for count in (1, 4):
        chosen = [version.agreement for version in versions[:count]]
        with django_assert_num_queries(4):
            found = statuses(chosen, as_of=datetime.now(UTC))

    expected = ["in_force", "in_force", "draft", "suspended"]
    assert [found[version.agreement_id].code for version in versions] == expected


def test_a_sentence_names_the_last_local_day():
    version = agreement(valid_until=date(NEXT_YEAR, 3, 31), purposes=[purpose()])

    assert status(version.agreement).sentence == f"In force to the end of {NEXT_YEAR}-03-31 (Europe/Copenhagen)."
    assert Agreement.objects.get(pk=version.agreement_id).state == "active"
