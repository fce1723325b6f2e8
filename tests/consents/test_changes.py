"""Whatever changes what may be sent to a person is told in the same transaction: a withdrawal before all."""

import pytest

from consents.overrides import objections, restrictions, suppressions
from tests import builders
from tests.changes import telling, undone
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def anna():
    builders.source()
    return person(email="anna@example.dk")


@pytest.fixture
def news():
    return consent.purpose()


def changed(profile, *what) -> tuple:
    return ("consent.changed", profile.pk, None, list(what))


def say(profile, purpose, state="ConsentGiven", **said):
    return consent.say(profile, purpose, state, channel="email", contact=("email", "anna@example.dk"), **said)


def test_a_yes_and_a_withdrawal_are_told_with_their_purpose(anna, news):
    with telling() as told:
        say(anna, news, days_ago=2)
        say(anna, news, "ConsentWithdrawn", days_ago=1)

    assert told == [changed(anna, "consent:newsletter")] * 2


def test_an_answer_that_changes_nothing_is_not_told(anna, news):
    say(anna, news, "ConsentWithdrawn", days_ago=1)

    with telling() as told:
        say(anna, news, days_ago=2)

    assert told == []


def test_objections_restrictions_and_their_ends_are_told(anna, news):
    said = {"profile": anna.pk, "source": "webshop"}

    with telling() as told:
        objections.object_to(source_event_id="1", **said)
        objections.take_back(source_event_id="2", **said)
        objections.object_to(source_event_id="3", purpose=news, **said)
        restrictions.restrict(profile=anna.pk, reason_code="art18")
        restrictions.release(profile=anna.pk, reason_code="art18")

    assert told == [
        changed(anna, "objection"),
        changed(anna, "objection"),
        changed(anna, "objection:newsletter"),
        changed(anna, "restriction"),
        changed(anna, "restriction"),
    ]


def test_a_suppressed_address_is_told_of_who_has_it(anna):
    person(email="bo@example.dk", external_id="bo")

    with telling() as told:
        (entry,) = suppressions.suppress(addresses=[("email", "anna@example.dk")], reason="objection")
        suppressions.lift(entry=entry, reason="by mistake", by=builders.user())

    assert told == [changed(anna, "suppression")] * 2


def test_what_a_direct_yes_ends_is_told(anna, news):
    objections.object_to(
        profile=anna.pk, source="webshop", source_event_id="1", purpose=news, effective_at=builders.days_ago(2)
    )

    with telling() as told:
        say(anna, news, days_ago=1)

    assert told == [changed(anna, "consent:newsletter"), changed(anna, "objection:newsletter")]


def test_a_merge_tells_whose_consents_were_folded_anew(anna, news):
    say(anna, news, days_ago=2)
    crm = builders.source("crm", namespace="loyalty_no")
    bo = person(source=crm, external_id="B-1")
    consent.say(bo, news, "ConsentWithdrawn", channel="sms", days_ago=1)

    with telling() as told:
        person(source=crm, external_id="B-1", email="anna@example.dk")

    assert ("profile.merged", bo.pk, anna.pk, []) in told
    assert {row[1] for row in told if row[0] == "consent.changed"} == {anna.pk, bo.pk}


VERBS = {
    "consent": lambda anna, news: say(anna, news),
    "objection": lambda anna, news: objections.object_to(profile=anna.pk, source="webshop", source_event_id="1"),
    "restriction": lambda anna, news: restrictions.restrict(profile=anna.pk, reason_code="art18"),
    "suppression": lambda anna, news: suppressions.suppress(
        addresses=[("email", "anna@example.dk")], reason="objection"
    ),
}


@pytest.mark.parametrize("verb", VERBS)
def test_what_is_undone_is_not_told(verb, anna, news):
    assert undone(lambda: VERBS[verb](anna, news)) == []
