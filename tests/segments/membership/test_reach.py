"""Members against those who may be reached."""

import pytest

from consents.permission.reasons import ranked
from segments.membership import reach
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
    asked = reach.ReachQuestion(newsletter, "email")
    assert reach.members_with_reason(danes, asked, reason="consent_missing", most=9) == sorted(people[2:])
    assert reach.members_with_reason(danes, asked, reason="allowed", most=9) == [people[0]]
    assert [one.code for one in ranked(counted.left_out)] == ["consent_missing", "consent_withdrawn"]


@pytest.mark.parametrize("near", [1, 2, 5, 100])
@pytest.mark.parametrize("most", [1, 3])
def test_people_of_a_reason_come_page_by_page_each_once_however_far_they_lie(monkeypatch, near, most):
    monkeypatch.setattr(reach, "NEAR", near)
    newsletter = consents.purpose("newsletter")
    people = sorted(dane(number) for number in range(6))
    for said in (people[0], people[3], people[5]):
        consents.say(said, newsletter, channel="email", days_ago=2)
    danes, asked = computed(DANES), reach.ReachQuestion(newsletter, "email")

    def pages(reason, after=None):
        page = reach.members_with_reason(danes, asked, reason=reason, most=most, after=after)
        assert len(page) <= most
        return page + pages(reason, page[-1]) if page else []

    assert pages("allowed") == [people[0], people[3], people[5]]
    assert pages("consent_missing") == [people[1], people[2], people[4]]
    assert pages("objection") == []
