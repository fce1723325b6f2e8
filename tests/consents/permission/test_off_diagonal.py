"""What is said for one purpose, channel and controller decides there and nowhere else, by every way of asking."""

from datetime import date

import pytest

from consents.models import ActorKind, AgeLimit
from consents.overrides import objections, suppressions
from consents.permission.decision import count_by_reason, decide, decide_many, first_with_reason, reachable
from consents.permission.rules import question
from consents.recording import correction
from profiles.models import Profile
from tests import builders
from tests.consents.questions import CONTROLLERS, EACH, ONE, OTHERS, QUESTIONS, made, say
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def purposes():
    return made()


@pytest.fixture
def anna(purposes):
    return person(email="anna@example.dk", phone="20123456", country="DK", birth_date="1980-05-01")


def allowed(somebody) -> set:
    """The questions that are allowed."""
    return {asked for asked in QUESTIONS if decide_many([somebody.pk], question(**asked._asdict()))[0].allowed}


#: Every way of asking about one person.
WAYS = {
    "one": lambda who, **asked: decide(who, **asked).allowed,
    "then": lambda who, **asked: decide(who, as_of=builders.now(), **asked).allowed,
    "condition": lambda who, **asked: Profile.objects.filter(reachable(question(**asked)), pk=who.pk).exists(),
    "counted": lambda who, **asked: count_by_reason([who.pk], question(**asked)) == {"allowed": 1},
    "listed": lambda who, **asked: first_with_reason([who.pk], question(**asked), reason="allowed", most=9) == [who.pk],
}


def reasons(somebody) -> dict:
    return {asked: decide(somebody, **asked._asdict()).reason for asked in QUESTIONS}


def without(*channels: str) -> set:
    return {asked for asked in QUESTIONS if asked.channel not in channels}


def everything(state: str = "ConsentGiven") -> dict:
    return dict.fromkeys(EACH, state)


@pytest.mark.parametrize("asked", EACH, ids=str)
def test_a_yes_allows_what_was_asked_and_nothing_beside_it(purposes, anna, asked):
    say(anna, {asked: "ConsentGiven"}, purposes)

    assert allowed(anna) == {asked}
    by_way = {way: {one for one in QUESTIONS if ask(anna, **one._asdict())} for way, ask in WAYS.items()}
    assert by_way == {way: {asked} for way in WAYS}


@pytest.mark.parametrize("asked", EACH, ids=str)
def test_a_no_ends_what_was_asked_and_nothing_beside_it(purposes, anna, asked):
    say(anna, everything(), purposes, days_ago=2)
    say(anna, {asked: "ConsentWithdrawn"}, purposes)

    assert allowed(anna) == QUESTIONS - {asked}


@pytest.mark.parametrize("asked", [ONE, *OTHERS], ids=str)
def test_a_yes_for_an_address_is_ended_by_a_no_to_all_addresses_of_that_question_only(purposes, anna, asked):
    say(anna, {ONE: "ConsentGiven"}, purposes, days_ago=2, contact=("email", "anna@example.dk"))
    say(anna, {asked: "ConsentWithdrawn"}, purposes)

    assert allowed(anna) == {ONE} - {asked}


@pytest.mark.parametrize("asked", [ONE, *OTHERS], ids=str)
def test_a_correction_takes_away_what_it_is_about_and_nothing_beside_it(purposes, anna, asked):
    entries = say(anna, everything(), purposes, days_ago=2)

    correction.correct(entry=entries[asked], reason_code="misread", by=builders.user(), approved_by=builders.user())

    assert allowed(anna) == QUESTIONS - {asked}


def test_what_one_person_says_counts_for_nobody_else(purposes, anna):
    bo = person(email="bo@example.dk", phone="20123457")
    say(anna, {ONE: "ConsentGiven"}, purposes)
    say(bo, dict.fromkeys(OTHERS, "ConsentGiven"), purposes)

    assert (allowed(anna), allowed(bo)) == ({ONE}, set(OTHERS))


def test_the_period_of_one_purpose_ends_its_consents_only_on_every_channel_for_every_controller(purposes, anna):
    say(anna, everything(), purposes, days_ago=90)

    assert allowed(anna) == {asked for asked in QUESTIONS if asked.purpose == "newsletter"}


# --- Objections, suppressions, addresses ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("objected", "denied"), [("newsletter", "newsletter"), ("research", "research"), (None, "newsletter")]
)
def test_an_objection_denies_its_purpose_or_all_marketing_for_every_controller(purposes, anna, objected, denied):
    say(anna, everything(), purposes, days_ago=2)

    objections.object_to(profile=anna.pk, purpose=purposes.get(objected), source="webshop", source_event_id="o")

    assert {asked.purpose for asked, why in reasons(anna).items() if why == "objection"} == {denied}
    assert allowed(anna) == {asked for asked in QUESTIONS if asked.purpose != denied}


@pytest.mark.parametrize(
    ("address", "channel", "reason", "left"),
    [
        (("email", "anna@example.dk"), "none", "complaint", set()),
        (("email", "anna@example.dk"), "sms", "complaint", without("sms")),
        (("phone", "20123456"), "email", "legal", without("email")),
        (("email", "anna@example.dk"), "none", "hard_bounce", without("email")),
        (("email", "anna@example.dk"), "sms", "hard_bounce", QUESTIONS),
        (("phone", "20123456"), "none", "nix", without("sms", "phone")),
        (("phone", "20123456"), "phone", "nix", without("phone")),
    ],
)
def test_a_suppression_closes_its_channels_for_every_purpose_and_controller(
    purposes, anna, address, channel, reason, left
):
    say(anna, everything(), purposes, days_ago=2)

    suppressions.suppress(addresses=[address], channel=channel, reason=reason, country="DK")

    assert allowed(anna) == left


@pytest.mark.parametrize(
    ("held", "left"),
    [
        ({"email": "x@example.dk"}, without("sms", "phone")),
        ({"phone": "20123456"}, without("email")),
        ({}, {asked for asked in QUESTIONS if asked.channel == "post"}),
    ],
    ids=["an e-mail address", "a number", "neither"],
)
def test_a_channel_needs_an_address_of_its_own_kind(purposes, held, left):
    somebody = person(**held)
    say(somebody, everything(), purposes)

    assert allowed(somebody) == left


# --- On behalf of somebody ------------------------------------------------------------------------------------------


@pytest.fixture
def young(purposes):
    AgeLimit.objects.create(country="DK", years=15, valid_from="2020-01-01", reason="law", confirmed=True)
    birth = date.today().replace(year=date.today().year - 9, day=1)
    return person(email="young@example.dk", phone="20123458", country="DK", birth_date=birth.isoformat())


@pytest.mark.parametrize("who", ActorKind.values)
def test_for_a_child_only_a_guardian_says_yes_and_for_a_grown_person_anybody_who_may_record_it(
    purposes, anna, young, who
):
    for somebody in (anna, young):
        say(somebody, {ONE: "ConsentGiven"}, purposes, actor_kind=who)

    assert reasons(anna)[ONE] == "allowed"
    assert reasons(young)[ONE] == ("allowed" if who == "guardian" else "guardian_missing")
    assert (allowed(anna), allowed(young)) == ({ONE}, {ONE} if who == "guardian" else set())


@pytest.mark.parametrize("asked", [ONE, *OTHERS], ids=str)
def test_a_guardian_says_yes_to_one_question_and_no_other(purposes, young, asked):
    say(young, everything(), purposes, days_ago=2)
    say(young, {asked: "ConsentGiven"}, purposes, actor_kind="guardian")

    assert allowed(young) == {asked}


def test_a_guardians_yes_for_one_child_is_none_for_another(purposes, young):
    other = person(email="other@example.dk", country="DK", birth_date="2020-01-01")
    say(young, {ONE: "ConsentGiven"}, purposes, actor_kind="guardian")
    say(other, {ONE: "ConsentGiven"}, purposes)

    assert (allowed(young), allowed(other)) == ({ONE}, set())


def test_the_controllers_are_two_and_each_is_asked(purposes, anna):
    say(anna, {ONE._replace(controller=one): "ConsentGiven" for one in CONTROLLERS}, purposes)

    assert {asked.controller for asked in allowed(anna)} == {"own", "brand"}
