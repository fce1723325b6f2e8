"""Members against those who may be reached."""

import pytest

from segments import reach
from tests.consents import building as consents
from tests.segments.building import DANES, computed, dane, destination

pytestmark = pytest.mark.django_db


def test_reach_is_counted_with_every_reason_and_leads_to_the_people():
    newsletter = consents.purpose("newsletter")
    people = [dane(number) for number in range(4)]
    consents.say(people[0], newsletter, channel="email", days_ago=2)
    consents.say(people[1], newsletter, channel="email", days_ago=2)
    consents.say(people[1], newsletter, "ConsentWithdrawn", channel="email")
    destination(newsletter)
    danes = computed(DANES)

    (counted,) = reach.count(danes)

    assert (counted.members, counted.reachable) == (4, 1)
    assert counted.left_out == {"consent_missing": 2, "consent_withdrawn": 1}
    asked = reach.Question(newsletter, "email")
    assert reach.those(danes, asked, reason="consent_missing") == sorted(people[2:])
    assert reach.those(danes, asked, reason="allowed") == [people[0]]
    assert [code for code, _sentence, _people in reach.reasons(counted)] == ["consent_missing", "consent_withdrawn"]
