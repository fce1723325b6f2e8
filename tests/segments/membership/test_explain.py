from datetime import timedelta

import pytest
from django.utils import timezone

from consents.models import Restriction
from segments.membership import explain
from segments.models import Destination
from tests.builders import now
from tests.consents import building as consents
from tests.segments.building import computed, did, person

pytestmark = pytest.mark.django_db

RULE = {
    "op": "all",
    "of": [
        {"attr": "country", "is": "is", "value": "DK"},
        {"event": "Bought", "window": {"last": 30, "unit": "day"}, "count": {"cmp": ">=", "n": 2}},
        {"op": "none", "of": [{"attr": "interests", "is": "has_any", "value": ["golf"]}]},
    ],
}


def test_a_member_is_explained_leaf_by_leaf_with_values_and_evidence():
    anna = person(country="DK", interests=["chess"])
    did(anna, "Bought", days_ago=3, order_id="o1", amount=100)
    did(anna, "Bought", days_ago=20)
    did(anna, "Bought", days_ago=40)
    segment = computed(RULE)

    told = explain.explain(segment, anna)

    assert (told["member"], told["definition"], told["flags"]) == (True, 1, [])
    (tree,) = told["because"]
    country, bought, none = tree["of"]
    assert (tree["holds"], country["holds"], bought["holds"], none["holds"]) == (True, True, True, True)
    assert [node["path"] for node in tree["of"]] == ["/rule/of/0", "/rule/of/1", "/rule/of/2"]
    assert (country["value"], country["evidence"][0]["source"], country["evidence"][0]["party"]) == ("DK", "webshop", 1)
    assert bought["value"] == 2
    assert [fact["order_id"] for fact in bought["evidence"]] == ["o1", None]
    assert (none["of"][0]["holds"], none["of"][0]["value"]) == (False, ["chess"])


def test_it_is_told_when_a_count_falls_below_its_goal():
    anna = person(country="DK")
    did(anna, "Bought", days_ago=3)
    did(anna, "Bought", days_ago=20)

    bought = explain.explain(computed(RULE), anna)["because"][0]["of"][1]

    assert abs(bought["changes_at"] - (timezone.now() + timedelta(days=10))) < timedelta(minutes=1)


def test_one_who_is_no_member_sees_which_condition_fails():
    bo = person(country="SE", interests=["golf"])

    told = explain.explain(computed(RULE), bo)

    assert not told["member"]
    assert [node["holds"] for node in told["because"][0]["of"]] == [False, False, False]
    assert told["because"][0]["of"][1]["value"] == 0


def test_a_restricted_person_meets_the_rule_and_is_yet_no_member():
    anna = person(country="DK")
    Restriction.objects.create(identity_ref=anna, reason_code="accuracy", effective_at=now())

    told = explain.explain(computed({"attr": "country", "is": "is", "value": "DK"}), anna)

    assert (told["member"], told["because"][0]["holds"], told["flags"]) == (False, True, ["left_out_by_flag"])


def test_reach_is_told_for_each_destination():
    newsletter = consents.purpose("newsletter")
    Destination.objects.create(key="mail", title="Mail", purpose=newsletter, channel="email", fields=["email"])
    anna = person(country="DK", email="anna@example.dk")
    consents.say(anna, newsletter, channel="email", days_ago=1)
    segment = computed({"attr": "country", "is": "is", "value": "DK"})

    before = explain.explain(segment, anna)["reach"]
    consents.say(anna, newsletter, "ConsentWithdrawn", channel="email")
    after = explain.explain(segment, anna)["reach"]

    assert [(one["purpose"], one["channel"], one["allowed"]) for one in before] == [("newsletter", "email", True)]
    assert [(one["allowed"], one["reason"]) for one in after] == [(False, "consent_withdrawn")]


def test_what_it_says_of_everyone_is_who_the_members_are():
    people = [person(country=country) for country in ("DK", "SE", "DK")]
    for one in people:
        did(one, "Bought", days_ago=2)
    did(people[0], "Bought", days_ago=1)
    segment = computed(RULE)

    from tests.segments.building import members

    assert {one for one in people if explain.explain(segment, one)["member"]} == members(segment) == {people[0]}


def test_a_consent_that_has_run_out_is_explained_as_expired():
    anna, yearly = person(), consents.purpose("yearly", valid_months=12)
    consents.say(anna, yearly, channel="email", days_ago=500)
    segment = computed({"consent": "yearly", "channel": "email", "is": "given"})

    told = explain.explain(segment, anna)

    (leaf,) = told["because"]
    assert (told["member"], leaf["holds"], leaf["value"]) == (False, False, "ConsentExpired")
    assert [fact["state"] for fact in leaf["evidence"]] == ["ConsentExpired"]
