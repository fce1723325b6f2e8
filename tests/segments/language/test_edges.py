"""Whom a condition means at its border: none at all, exactly so many, verified or not, the day itself."""

from datetime import date, datetime

import pytest

from tests.segments.building import did, person
from tests.segments.language.test_truth import matching

pytestmark = pytest.mark.django_db


@pytest.fixture
def by_count() -> dict[int, object]:
    """Somebody who bought never, once, twice; each time for 10."""
    people = {times: person() for times in range(3)}
    for times, buyer in people.items():
        for step in range(times):
            did(buyer, "Bought", days_ago=1 + step, amount=10, order_id=f"o{step}")
    return people


def named(people: dict, rule: dict) -> set:
    """The names of those of `people` whom `rule` means."""
    found = matching(rule)
    return {name for name, somebody in people.items() if somebody in found}


COUNTS = [
    *[("=", 0, {0}), ("=", 1, {1}), ("=", 2, {2}), ("!=", 0, {1, 2}), ("!=", 1, {0, 2})],
    *[("<", 0, set()), ("<", 1, {0}), ("<", 2, {0, 1}), ("<=", 0, {0}), ("<=", 1, {0, 1})],
    *[(">", 0, {1, 2}), (">", 1, {2}), (">=", 0, {0, 1, 2}), (">=", 1, {1, 2}), (">=", 2, {2})],
]


@pytest.mark.parametrize(("sign", "goal", "expected"), COUNTS)
def test_who_did_nothing_counts_as_zero_times_days_and_orders(by_count, sign, goal, expected):
    rules = [
        {"event": "Bought", "count": {"cmp": sign, "n": goal}},
        {"event": "Bought", "days": {"cmp": sign, "n": goal}},
        {"event": "Bought", "distinct": {"of": "order_id", "cmp": sign, "n": goal}},
    ]

    assert [named(by_count, rule) for rule in rules] == [expected] * 3


@pytest.mark.parametrize(("sign", "goal", "expected"), COUNTS)
def test_who_did_nothing_has_a_sum_of_zero(by_count, sign, goal, expected):
    rule = {"event": "Bought", "sum": {"of": "amount", "cmp": sign, "value": 10 * goal, "currency": "DKK"}}

    assert named(by_count, rule) == expected


@pytest.mark.parametrize(
    ("sign", "expected"), [(">", {0, 1, 2}), (">=", {0, 1, 2}), ("<", set()), ("<=", set()), ("!=", {0, 1, 2})]
)
def test_a_sum_of_zero_is_more_than_less_than_nothing(by_count, sign, expected):
    rule = {"event": "Bought", "sum": {"of": "amount", "cmp": sign, "value": -1, "currency": "DKK"}}

    assert named(by_count, rule) == expected


def test_an_address_that_nobody_verified_is_one_and_is_not_verified():
    people = {
        "verified": person(email="a@example.dk", verified=True),
        "unverified": person(email="b@example.dk"),
        "none": person(),
    }

    found = {form: named(people, {"identifier": "email", "is": form}) for form in ("has", "has_not")}
    found |= {form: named(people, {"identifier": "email", "is": form}) for form in ("verified", "not_verified")}

    assert found == {
        "has": {"verified", "unverified"},
        "has_not": {"none"},
        "verified": {"verified"},
        "not_verified": {"unverified", "none"},
    }


BORN = {"27": date(1990, 2, 27), "28": date(1990, 2, 28), "29": date(1996, 2, 29), "1": date(1990, 3, 1)}


@pytest.mark.parametrize(
    ("today", "expected"),
    [
        ("2025-02-27", {"27"}),
        ("2025-02-28", {"28", "29"}),
        ("2025-03-01", {"1"}),
        ("2024-02-28", {"28"}),
        ("2024-02-29", {"29"}),
    ],
)
def test_who_was_born_on_a_leap_day_has_the_birthday_on_28_february_of_a_common_year(today, expected):
    people = {day: person(birth_date=born) for day, born in BORN.items()}
    noon = datetime.fromisoformat(f"{today}T12:00:00+01:00")

    for form in ("anniversary_next", "anniversary_last"):
        found = matching({"attr": "birth_date", "is": form, "n": 1}, as_of=noon)
        assert {day for day, somebody in people.items() if somebody in found} == expected


def test_a_name_means_the_events_of_every_type_that_have_it_unless_the_type_is_asked_for():
    shopper, reader = person(), person()
    did(shopper, "Home")
    did(reader, "Home", type="page")
    people = {"shopper": shopper, "reader": reader}
    pages = [{"prop": "type", "is": "is", "value": "page"}]

    assert named(people, {"event": "Home"}) == {"shopper", "reader"}
    assert named(people, {"event": "Home", "where": pages}) == {"reader"}


def test_a_name_that_no_event_has_is_of_nobody(by_count):
    assert named(by_count, {"event": "Sold"}) == set()
    assert named(by_count, {"event": "Sold", "count": {"cmp": "=", "n": 0}}) == {0, 1, 2}
