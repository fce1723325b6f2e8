"""Where two answers meet: at one moment, at one address, on the day itself, and at the border of who is meant."""

from datetime import date, timedelta

import pytest
from django.utils import timezone

from consents.models import AgeLimit, ConsentRecord
from consents.overrides import suppressions
from consents.permission.decision import decide
from profiles.models import SourceIdentity, WorkItem
from tests.consents import building as consent
from tests.consents.state.test_on_merge import MONDAY, TUESDAY, merge, states, unmerge
from tests.profiles.building import person

WEDNESDAY = TUESDAY + timedelta(days=1)


@pytest.fixture
def profiling():
    return consent.purpose("profiling", profiling=True)


@pytest.fixture
def news():
    return consent.purpose()


def reason(profile, channel="email") -> str:
    return decide(profile, purpose="newsletter", channel=channel).reason


# --- One moment -------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("order", [("ConsentGiven", "ConsentWithdrawn"), ("ConsentWithdrawn", "ConsentGiven")])
def test_a_reported_yes_does_not_stand_over_a_no_that_came_with_a_yes(profiling, order):
    feed = consent.point(profiling, key="feed", kind="partner_feed", trust="partner_asserted")
    anna = person()
    for state in order:
        consent.say(anna, profiling, state, at=MONDAY)

    consent.say(anna, profiling, at=TUESDAY, collection_point=feed.key)

    assert ConsentRecord.objects.get(profile=anna).state == "ConsentWithdrawn"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("no_at", "expected"),
    [
        (MONDAY, "allowed"),
        (TUESDAY, "consent_withdrawn"),
        (WEDNESDAY, "consent_withdrawn"),
    ],
)
def test_a_no_to_every_address_ends_a_yes_for_one_of_the_same_moment(news, no_at, expected):
    anna = person(email="anna@example.dk")
    consent.say(anna, news, channel="email", contact=("email", "anna@example.dk"), at=TUESDAY)

    consent.say(anna, news, "ConsentWithdrawn", channel="email", at=no_at)

    assert reason(anna) == expected


@pytest.mark.django_db
@pytest.mark.parametrize(("days_younger", "expected"), [(-1, "allowed"), (0, "allowed"), (1, "guardian_missing")])
def test_a_child_may_consent_alone_from_the_birthday_itself(news, days_younger, expected):
    AgeLimit.objects.create(country="DK", years=15, valid_from="2020-01-01", reason="law", confirmed=True)
    born = years_before(timezone.localdate(), 15) + timedelta(days=days_younger)
    young = person(country="DK", birth_date=born.isoformat(), email="young@example.dk")

    consent.say(young, news, channel="email")

    assert reason(young) == expected


def years_before(day: date, years: int) -> date:
    """As the database counts: the 29th of February is the 28th in a common year."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)


# --- One address ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_stop_list_of_numbers_closes_the_number_and_not_the_person(news):
    anna = person(email="anna@example.dk", phone="+4520123456")
    for channel in ("email", "sms", "phone"):
        consent.say(anna, news, channel=channel, days_ago=2)

    suppressions.suppress(addresses=[("phone", "+4520123456")], reason="nix")

    assert {channel: reason(anna, channel) for channel in ("email", "sms", "phone")} == {
        "email": "allowed",
        "sms": "suppressed",
        "phone": "suppressed",
    }


@pytest.mark.django_db
@pytest.mark.parametrize(("channel", "expected"), [("sms", "suppressed"), ("phone", "allowed")])
def test_a_yes_on_one_channel_ends_no_suppression_of_another(news, channel, expected):
    anna, number = person(phone="+4520123456"), ("phone", "+4520123456")
    consent.say(anna, news, channel="phone", contact=number, days_ago=2)
    suppressions.suppress(addresses=[number], reason="complaint", channel="phone")

    consent.say(anna, news, channel=channel, contact=number)

    assert reason(anna, "phone") == expected


@pytest.mark.django_db
def test_a_yes_from_before_a_suppression_does_not_end_it(news):
    anna, address = person(email="anna@example.dk"), ("email", "anna@example.dk")
    suppressions.suppress(addresses=[address], reason="complaint")

    consent.say(anna, news, channel="email", contact=address, days_ago=1)

    assert reason(anna) == "suppressed"


# --- Two who are taken for one ----------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("verified", "stands"),
    [
        ((True, True), "ConsentGiven"),
        ((True, False), "ConsentWithdrawn"),
        ((False, True), "ConsentWithdrawn"),
        ((False, False), "ConsentWithdrawn"),
    ],
)
def test_a_later_yes_counts_for_both_only_where_each_has_verified_what_they_share(profiling, verified, stands):
    anna = person(email="x@example.dk", verified=verified[0], first_name="Anna")
    bo = person(email="x@example.dk", verified=verified[1], first_name="Bodil")
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=TUESDAY)

    merge(anna, bo)

    assert states(anna) == {stands}


@pytest.mark.django_db(transaction=True)
def test_a_later_yes_counts_for_both_only_where_they_share_the_same_value(profiling):
    anna = person(email="anna@example.dk", verified=True)
    bo = person(email="bo@example.dk", verified=True)
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=TUESDAY)

    merge(anna, bo)

    assert states(anna) == {"ConsentWithdrawn"}


@pytest.mark.django_db(transaction=True)
def test_a_yes_and_a_no_of_the_same_moment_leave_the_no_whatever_they_share(profiling):
    anna = person(email="x@example.dk", verified=True, first_name="Anna")
    bo = person(email="x@example.dk", verified=True, first_name="Bodil")
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=MONDAY)

    merge(anna, bo)

    assert states(anna) == {"ConsentWithdrawn"}


@pytest.mark.django_db(transaction=True)
def test_a_no_that_a_record_told_goes_with_its_record_alone(profiling):
    anna, bo = person(), person()
    for one in (anna, bo):
        consent.say(one, profiling, at=MONDAY)
    merged = merge(anna, bo)
    record = SourceIdentity.objects.get(pk=bo.pk).records.get()
    consent.say(anna, profiling, "ConsentWithdrawn", at=TUESDAY, record=record.pk)

    unmerge(merged)

    assert (states(anna), states(bo)) == ({"ConsentGiven"}, {"ConsentWithdrawn"})


@pytest.mark.django_db(transaction=True)
def test_an_answer_from_before_the_merge_stays_with_who_gave_it_although_another_has_the_address(news, profiling):
    anna, bo = person(email="anna@example.dk"), person(email="bo@example.dk")
    consent.say(anna, news, channel="email", contact=("email", "bo@example.dk"), at=MONDAY)
    consent.say(bo, profiling, "ConsentWithdrawn", at=MONDAY)

    unmerge(merge(anna, bo))

    assert (states(anna), states(bo)) == ({"ConsentGiven"}, {"ConsentWithdrawn"})


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_for_whom_an_answer_counts_that_names_its_address_or_record(news, profiling):
    anna, bo = person(email="x@example.dk"), person(email="y@example.dk")
    merged = merge(anna, bo)
    record = SourceIdentity.objects.get(pk=bo.pk).records.get()
    consent.say(anna, news, channel="email", contact=("email", "y@example.dk"), at=TUESDAY)
    consent.say(anna, profiling, at=TUESDAY, record=record.pk)

    unmerge(merged)

    assert not WorkItem.objects.filter(kind="consent_split").exists()


@pytest.mark.django_db(transaction=True)
def test_nobody_is_asked_for_whom_an_answer_from_before_the_merge_counts(profiling):
    anna, bo = person(), person()
    consent.say(anna, profiling, at=MONDAY)

    unmerge(merge(anna, bo))

    assert not WorkItem.objects.filter(kind="consent_split").exists()
