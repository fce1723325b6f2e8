"""The fold keeps questions apart that differ in purpose, channel, controller or address, whoever answers them."""

from datetime import datetime, timedelta
from itertools import cycle

import pytest

from consents.models import ActorKind, ConsentRecord, Trust
from consents.state import past
from profiles.identity import steward_decisions
from profiles.models import SourceIdentity
from profiles.models.sources import Party
from tests import builders
from tests.consents import building as consent
from tests.consents.questions import EACH, ONE, OTHERS, Question, made, say
from tests.profiles.building import person

pytestmark = pytest.mark.django_db
MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
STATES = ["ConsentGiven", "ConsentWithdrawn", "ConsentRefused", "RenewedConsentGiven", "ConsentRequested"]
DIFFERENTLY = dict(zip(EACH, cycle(STATES), strict=False))


@pytest.fixture
def purposes():
    return made()


def folded(profile) -> dict[Question, str]:
    """What stands, by the records; the fold of the past says the same."""
    found = {
        Question(one.purpose.key, one.channel, one.controller.key): one.state
        for one in ConsentRecord.objects.filter(profile=profile).select_related("purpose", "controller")
    }
    then = past.records([profile.pk], as_of=builders.now())
    assert sorted(one["state"] for one in then) == sorted(found.values())
    return found


def test_each_question_has_the_answer_that_was_given_to_it(purposes):
    anna = person()

    say(anna, DIFFERENTLY, purposes, at=builders.days_ago(5))

    assert len(set(DIFFERENTLY.values())) == 5
    assert folded(anna) == DIFFERENTLY


def test_each_address_has_its_own_answer_beside_the_one_without_an_address(purposes):
    anna = person(email="a@example.dk")
    states = {
        None: "ConsentRequested",
        ("email", "a@example.dk"): "ConsentGiven",
        ("email", "b@example.dk"): "ConsentRefused",
    }
    for contact, state in states.items():
        say(anna, {ONE: state}, purposes, contact=contact)

    found = ConsentRecord.objects.filter(profile=anna)
    assert sorted(found.values_list("state", flat=True)) == sorted(states.values())
    assert found.get(state="ConsentRequested").contact_ref is None
    assert found.exclude(contact_ref=None).values("contact_ref").distinct().count() == 2


@pytest.mark.parametrize("asked", EACH, ids=str)
def test_a_later_answer_replaces_the_one_to_its_question_only(purposes, asked):
    anna = person()
    say(anna, DIFFERENTLY, purposes, at=builders.days_ago(5))

    say(anna, {asked: "ConsentInvalidated"}, purposes, at=builders.days_ago(4))

    assert folded(anna) == DIFFERENTLY | {asked: "ConsentInvalidated"}


# --- What others report ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("said_no", [ONE, *OTHERS], ids=str)
def test_a_reported_yes_waits_behind_a_no_to_its_own_question_only(purposes, said_no):
    anna = person()
    feed = consent.point(*purposes.values(), key="feed", kind="partner_feed", trust="partner_asserted")
    say(anna, {said_no: "ConsentWithdrawn"}, purposes, at=MONDAY)

    say(anna, {ONE: "ConsentGiven"}, purposes, at=TUESDAY, collection_point=feed.key)

    stands = "ConsentWithdrawn" if said_no == ONE else "ConsentGiven"
    assert folded(anna) == {said_no: "ConsentWithdrawn", ONE: stands}


@pytest.mark.parametrize("said_yes", [ONE, *OTHERS], ids=str)
def test_a_direct_yes_to_one_question_lets_reports_of_no_other_count_again(purposes, said_yes):
    anna = person()
    feed = consent.point(*purposes.values(), key="feed", kind="partner_feed", trust="partner_asserted")
    say(anna, {ONE: "ConsentWithdrawn"}, purposes, at=MONDAY)
    say(anna, {said_yes: "ConsentGiven"}, purposes, at=TUESDAY)

    say(anna, {ONE: "RenewedConsentGiven"}, purposes, at=WEDNESDAY, collection_point=feed.key)

    assert folded(anna)[ONE] == ("RenewedConsentGiven" if said_yes == ONE else "ConsentWithdrawn")


REPORTS = {Trust.PARTNER_ASSERTED, Trust.IMPORTED_LEGACY}
#: Whose source, how directly its place hears the person, and whether that is a report only.
HEARD = [(party, trust, trust in REPORTS) for party in Party for trust in Trust]


@pytest.mark.parametrize("who", ActorKind.values)
@pytest.mark.parametrize(("party", "trust", "reported"), HEARD)
def test_whether_a_yes_is_a_report_is_told_by_its_place_and_not_by_whose_source_it_is_or_who_acted(
    purposes, party, trust, reported, who
):
    anna, feed = person(), consent.point(*purposes.values(), key="feed", trust=trust)
    say(anna, {ONE: "ConsentWithdrawn"}, purposes, at=MONDAY)

    source = builders.source("other", party=party).code
    say(anna, {ONE: "ConsentGiven"}, purposes, at=TUESDAY, collection_point=feed.key, source=source, actor_kind=who)

    assert folded(anna) == {ONE: "ConsentWithdrawn" if reported else "ConsentGiven"}


@pytest.mark.parametrize(("party", "trust", "reported"), HEARD)
def test_a_no_counts_whoever_reports_it(purposes, party, trust, reported):
    anna, feed = person(), consent.point(*purposes.values(), key="feed", trust=trust)
    say(anna, {ONE: "ConsentGiven"}, purposes, at=MONDAY)

    source = builders.source("other", party=party).code
    say(anna, {ONE: "ConsentWithdrawn"}, purposes, at=TUESDAY, collection_point=feed.key, source=source)

    assert folded(anna) == {ONE: "ConsentWithdrawn"}


# --- Two who are found to be one ------------------------------------------------------------------------------------


def joined(one, other):
    steward_decisions.same(identity=one.pk, other=other.pk, by=None, reason="the same person")
    return SourceIdentity.objects.get(pk=one.pk).profile


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("said_no", [ONE, *OTHERS], ids=str)
def test_a_no_of_one_side_stands_over_a_yes_of_the_other_to_the_same_question_only(said_no):
    purposes = made()
    one, other = person(), person()
    say(one, {ONE: "ConsentGiven"}, purposes, at=TUESDAY)
    say(other, {said_no: "ConsentWithdrawn"}, purposes, at=MONDAY)

    profile = joined(one, other)

    stands = "ConsentWithdrawn" if said_no == ONE else "ConsentGiven"
    assert folded(profile) == {said_no: "ConsentWithdrawn", ONE: stands}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("later_no", OTHERS, ids=str)
def test_a_later_direct_yes_counts_whatever_the_other_side_says_later_to_other_questions(later_no):
    purposes = made()
    one = person(email="x@example.dk", verified=True, first_name="Anna")
    other = person(email="x@example.dk", verified=True, first_name="Bodil")
    say(one, {ONE: "ConsentGiven"}, purposes, at=TUESDAY)
    say(other, {ONE: "ConsentWithdrawn"}, purposes, at=MONDAY)
    say(other, {later_no: "ConsentWithdrawn"}, purposes, at=WEDNESDAY)

    profile = joined(one, other)

    assert folded(profile) == {ONE: "ConsentGiven", later_no: "ConsentWithdrawn"}
