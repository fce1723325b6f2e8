"""Scenarios of the one decision: what is allowed, what is not, and the reason that is given."""

import pytest

from consents.decision import decide, decide_many, reachable
from profiles.models import Profile
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def test_nobody_is_reachable_before_they_have_said_yes():
    consent.purpose()
    anna = person(email="anna@example.dk")

    answer = decide(anna, purpose="newsletter", channel="email")

    assert (answer.allowed, answer.reason) == (False, "consent_missing")


def test_a_grant_for_an_address_reaches_the_person_there():
    news, anna = consent.purpose(), person(email="anna@example.dk")
    position = consent.say(anna, news, channel="email", contact=("email", "anna@example.dk"), days_ago=3)

    answer = decide(anna, purpose="newsletter", channel="email")

    assert (answer.allowed, answer.reason, answer.position) == (True, "allowed", position)
    assert set(Profile.objects.filter(reachable("newsletter", "email"))) == {anna}
    assert [one.allowed for one in decide_many(Profile.objects.all(), purpose="newsletter", channel="email")] == [True]
