"""Random rules over random people: the compiled statement, and a plain reading of the rule in Python, agree."""

import random
from datetime import timedelta
from operator import eq, ge, gt, le, lt, ne

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as some

from tests.segments.building import did, person
from tests.segments.language.test_truth import matching

pytestmark = pytest.mark.django_db

SIGNS = {"=": eq, "!=": ne, "<": lt, "<=": le, ">": gt, ">=": ge}
COUNTRIES, INTERESTS, CATEGORIES = ["DK", "SE", "NO"], ["hiking", "golf", "chess"], ["shoes", "hats"]


def population(count: int = 40, seed: int = 7) -> dict:
    """{profile: facts}, with "events" as [(name, days ago, category, amount)]; much is missing."""
    draw = random.Random(seed)
    people = {}
    for _ in range(count):
        facts = {
            "country": draw.choice([None, *COUNTRIES]),
            "loyalty_points": draw.choice([None, 0, 1, 2, 2.5]),
            "interests": draw.choice([None, *([one] for one in INTERESTS), ["golf", "chess"]]),
        }
        profile = person(**{code: value for code, value in facts.items() if value is not None})
        people[profile] = facts | {"events": [_happened(draw, profile) for _ in range(draw.randrange(5))]}
    return people


def _happened(draw, profile):
    event = (
        draw.choice(["Bought", "Viewed"]),
        draw.randrange(12) + 0.5,
        draw.choice([None, *CATEGORIES]),
        draw.choice([None, 10, 20]),
    )
    name, days, category, money = event
    did(profile, name, days_ago=days, category=category, **({} if money is None else {"amount": money}))
    return event


def holds(rule: dict, facts: dict) -> bool:
    """The rule as one reads it: a positive test of what is missing is false, a negative one is its opposite."""
    if "op" in rule:
        inner = [holds(child, facts) for child in rule["of"]]
        return {"all": all(inner), "any": any(inner), "none": not any(inner)}[rule["op"]]
    return _did_hold(rule, facts["events"]) if "event" in rule else _attr_holds(rule, facts[rule["attr"]])


def _attr_holds(rule, value):
    test = rule["is"]
    if test in {"is_not", "!=", "is_not_set", "has_none"}:
        opposite = {"is_not": "is", "!=": "=", "is_not_set": "is_set", "has_none": "has_any"}[test]
        return not _attr_holds(rule | {"is": opposite}, value)
    if value is None:
        return False
    return {
        "is": lambda: value == rule["value"],
        "is_set": lambda: True,
        "has_any": lambda: bool(set(value) & set(rule["value"])),
        "count": lambda: SIGNS[rule["cmp"]](len(value), rule["n"]),
    }.get(test, lambda: SIGNS[test](value, rule["value"]))()


def _did_hold(rule, events):
    days = rule.get("window", {}).get("last", 1000)
    wanted = [test["value"] for test in rule.get("where", [])]
    counted = [
        money
        for name, ago, category, money in events
        if name == rule["event"] and ago <= days and all(category == value for value in wanted)
    ]
    if "sum" in rule:
        return SIGNS[rule["sum"]["cmp"]](sum(money or 0 for money in counted), rule["sum"]["value"])
    if "max" in rule:
        known = [money for money in counted if money is not None]
        if rule["max"]["cmp"] == "!=":
            return not (known and max(known) == rule["max"]["value"])
        return bool(known) and SIGNS[rule["max"]["cmp"]](max(known), rule["max"]["value"])
    return SIGNS[rule["count"]["cmp"]](len(counted), rule["count"]["n"])


SIGN = some.sampled_from(sorted(SIGNS))
ATTRIBUTE_TESTS = some.one_of(
    some.builds(
        lambda test, value: {"attr": "country", "is": test, "value": value},
        some.sampled_from(["is", "is_not"]),
        some.sampled_from(COUNTRIES),
    ),
    some.builds(
        lambda code, test: {"attr": code, "is": test},
        some.sampled_from(["country", "interests"]),
        some.sampled_from(["is_set", "is_not_set"]),
    ),
    some.builds(lambda sign, value: {"attr": "loyalty_points", "is": sign, "value": value}, SIGN, some.integers(0, 3)),
    some.builds(
        lambda test, value: {"attr": "interests", "is": test, "value": value},
        some.sampled_from(["has_any", "has_none"]),
        some.lists(some.sampled_from(INTERESTS), min_size=1, max_size=2, unique=True),
    ),
    some.builds(lambda sign, n: {"attr": "interests", "is": "count", "cmp": sign, "n": n}, SIGN, some.integers(0, 2)),
)


@some.composite
def event_tests(draw):
    rule = {"event": draw(some.sampled_from(["Bought", "Viewed"]))}
    if draw(some.booleans()):
        rule["window"] = {"last": draw(some.integers(1, 12)), "unit": "day"}
    if draw(some.booleans()):
        rule["where"] = [{"prop": "category", "is": "is", "value": draw(some.sampled_from(CATEGORIES))}]
    kind = draw(some.sampled_from(["count", "sum", "max"]))
    if kind == "count":
        return rule | {"count": {"cmp": draw(SIGN), "n": draw(some.integers(0, 3))}}
    money = {"of": "amount", "cmp": draw(SIGN), "value": draw(some.sampled_from([0, 10, 20, 30])), "currency": "DKK"}
    return rule | {kind: money}


def groups(children):
    return some.builds(
        lambda op, of: {"op": op, "of": of},
        some.sampled_from(["all", "any", "none"]),
        some.lists(children, min_size=1, max_size=3),
    )


RULES = some.recursive(ATTRIBUTE_TESTS | event_tests(), groups, max_leaves=7)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture
def people():
    return population()


@FEW
@given(rule=RULES)
def test_the_statement_and_a_plain_reading_agree(people, rule):
    expected = {profile for profile, facts in people.items() if holds(rule, facts)}

    assert matching(rule) == expected


@FEW
@given(one=RULES, other=RULES)
def test_de_morgan_holds(people, one, other):
    def opposite(rule):
        return {"op": "none", "of": [rule]}

    neither = matching({"op": "all", "of": [opposite(one), opposite(other)]})

    assert matching({"op": "none", "of": [one, other]}) == neither
    assert matching(opposite({"op": "all", "of": [one, other]})) == matching(
        {"op": "any", "of": [opposite(one), opposite(other)]}
    )


def test_a_late_event_counts_when_it_comes_as_if_it_had_come_in_time(people):
    rule = {"event": "Bought", "count": {"cmp": ">=", "n": 2}, "window": {"last": 10, "unit": "day"}}
    as_of = timezone.now()
    late = next(profile for profile, facts in people.items() if not facts["events"])
    before = matching(rule, as_of=as_of)

    for days in (2, 3):
        did(late, "Bought", at=as_of - timedelta(days=days), amount=1)

    assert matching(rule, as_of=as_of) == before | {late}
