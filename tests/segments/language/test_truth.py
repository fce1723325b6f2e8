"""Every condition and its opposite cover everyone and share no one."""

from datetime import date, datetime, timedelta
from uuid import UUID

import pytest
from django.utils import timezone

from cdp.base.database import sql
from profiles.models import Attribute
from segments.language.compiler import compile
from segments.language.parsing import understand
from tests.segments.building import computed, crowd, did, document, person

pytestmark = pytest.mark.django_db

CONDITIONS = [
    {"attr": "country", "is": "is", "value": "DK"},
    {"attr": "country", "is": "is_not", "value": "DK"},
    {"attr": "country", "is": "in", "value": ["DK", "SE"]},
    {"attr": "country", "is": "not_in", "value": ["DK", "SE"]},
    {"attr": "city", "is": "contains", "value": "ø"},
    {"attr": "city", "is": "not_contains", "value": "ø"},
    {"attr": "city", "is": "starts", "value": "köb", "fold": True},
    {"attr": "city", "is": "not_starts", "value": "Kø"},
    {"attr": "city", "is": "ends", "value": "HAVN", "fold": True},
    {"attr": "city", "is": "not_ends", "value": "havn"},
    {"attr": "city", "is": "is_set"},
    {"attr": "city", "is": "is_not_set"},
    *({"attr": "loyalty_points", "is": sign, "value": 100} for sign in ("=", "!=", "<", "<=", ">", ">=")),
    {"attr": "loyalty_points", "is": "between", "from": 50, "to": 100},
    {"attr": "loyalty_points", "is": "not_between", "from": 50, "to": 100},
    {"attr": "customer_since", "is": "on", "value": "2024-02-29"},
    {"attr": "customer_since", "is": "before", "value": "2024-02-29"},
    {"attr": "customer_since", "is": "after", "value": "2024-02-29"},
    {"attr": "customer_since", "is": "between", "from": "2024-02-01", "to": "2024-02-29"},
    {"attr": "customer_since", "is": "in_last", "n": 3, "unit": "year"},
    {"attr": "customer_since", "is": "in_next", "n": 3, "unit": "year"},
    {"attr": "customer_since", "is": "more_than_ago", "n": 1, "unit": "quarter"},
    {"attr": "birth_date", "is": "between_ago", "from": 25, "to": 45, "unit": "year"},
    {"attr": "customer_since", "is": "in_period", "period": "this", "unit": "year"},
    {"attr": "birth_date", "is": "anniversary_next", "n": 200},
    {"attr": "birth_date", "is": "anniversary_last", "n": 200},
    {"attr": "vip", "is": "true"},
    {"attr": "vip", "is": "false"},
    {"attr": "vip", "is": "is_not_set"},
    {"attr": "interests", "is": "has_any", "value": ["hiking", "golf"]},
    {"attr": "interests", "is": "has_all", "value": ["hiking", "golf"]},
    {"attr": "interests", "is": "has_none", "value": ["hiking"]},
    {"attr": "interests", "is": "count", "cmp": "<", "n": 2},
    {"attr": "interests", "is": "is_not_set"},
    {"identifier": "email", "is": "has_not"},
    {"identifier": "email", "is": "has"},
    *({"event": "Bought", "count": {"cmp": sign, "n": 2}} for sign in ("=", "!=", "<", "<=", ">", ">=")),
    {"event": "Bought", "count": {"cmp": "=", "n": 0}},
    {"event": "Bought", "count": {"cmp": ">=", "n": 0}},
    {"event": "Bought", "days": {"cmp": ">=", "n": 2}},
    {"event": "Bought", "distinct": {"of": "order_id", "cmp": "<=", "n": 1}},
    {"event": "Bought", "sum": {"of": "amount", "cmp": ">", "value": 100, "currency": "DKK"}},
    {"event": "Bought", "sum": {"of": "amount", "cmp": "<=", "value": 0, "currency": "DKK"}},
    {"event": "Bought", "avg": {"of": "amount", "cmp": "<", "value": 100, "currency": "DKK"}},
    {"event": "Bought", "max": {"of": "amount", "cmp": "!=", "value": 150, "currency": "DKK"}},
    {"event": "Bought", "min": {"of": "rating", "cmp": ">=", "value": 3}},
    {"event": "Bought", "where": [{"prop": "category", "is": "is", "value": "shoes"}]},
    {"event": "Bought", "where": [{"prop": "category", "is": "is_not", "value": "shoes"}]},
    {"event": "Bought", "where": [{"prop": "rating", "is": ">", "value": 3}]},
    {"event": "Bought", "where": [{"prop": "gift", "is": "true"}]},
    {"event": "Bought", "where": [{"prop": "it's 100% odd", "is": "is", "value": "yes"}]},
    {"event": "Bought", "where": [{"prop": "source", "is": "starts", "value": "web"}]},
    {"event": "Bought", "window": {"last": 30, "unit": "day"}},
    {"event": "Bought", "window": {"from_ago": 60, "to_ago": 30, "unit": "day"}, "count": {"cmp": "=", "n": 0}},
    {"event": "Bought", "window": {"period": "this", "unit": "year"}},
    {"event": "Bought", "window": {"from": "2020-01-01", "to": "2020-02-01T12:00:00"}},
    {"segment": "other", "in": True},
    {"segment": "other", "in": False},
    {"sample": 40, "seed": "a"},
    {"op": "all", "of": [{"attr": "city", "is": "is_set"}, {"attr": "country", "is": "is_not", "value": "DK"}]},
    {"op": "any", "of": [{"attr": "city", "is": "is_not_set"}, {"attr": "country", "is": "is", "value": "DK"}]},
    {"op": "none", "of": [{"attr": "city", "is": "is_set"}, {"event": "Bought", "count": {"cmp": "=", "n": 0}}]},
]


def unlike() -> list[dict]:
    """Four people who differ in every attribute that the conditions ask about."""
    return [
        {"country": "DK", "city": "København", "loyalty_points": 50, "customer_since": date(2024, 2, 29),
         "birth_date": date(1990, 2, 28), "vip": True, "interests": ["hiking"]},
        {"country": "SE", "city": "Göteborg", "loyalty_points": 100, "customer_since": date(2024, 2, 1),
         "birth_date": date(1996, 2, 29), "vip": False, "interests": ["golf", "hiking"]},
        {"country": "NO", "city": "Oslo", "loyalty_points": 100.5, "customer_since": timezone.now().date(),
         "birth_date": date(1950, 11, 21), "vip": True, "interests": []},
        {"country": "DK", "city": "Odense", "loyalty_points": 0, "customer_since": date(2027, 1, 1),
         "birth_date": date(2010, 6, 1), "vip": False, "interests": ["chess"]},
    ]  # fmt: skip


def bought(buyer: UUID, times: int) -> None:
    """So many purchases of `buyer`, twenty days apart, two an order, each with other properties."""
    for step in range(times):
        did(
            buyer,
            "Bought",
            days_ago=1 + 20 * step,
            category="shoes" if step % 2 else None,
            order_id=f"o{step // 2}",
            amount=50 * times,
            properties={"rating": step, "gift": bool(step), "it's 100% odd": "yes"} if step else None,
        )


@pytest.fixture
def everyone() -> set[UUID]:
    """Eight people: four who differ in everything, three with one attribute, one of whom nothing is known."""
    Attribute.objects.create(code="vip", title="VIP", type="boolean", classification="open")
    known = [*unlike(), {"country": "DK"}, {"city": "Nørre Snede"}, {"interests": ["golf"]}, {}]
    people = [person(**said) for said in known]
    for times, buyer in enumerate(people[:6]):
        bought(buyer, times)
    did(people[0], "Viewed")
    person(is_test=True, country="DK")
    computed({"attr": "country", "is": "is", "value": "DK"}, key="other")
    return set(people)


def matching(rule: dict, *, as_of: datetime | None = None) -> set[UUID]:
    statement = compile(understand(document(rule)), as_of=as_of or timezone.now())
    found = [row[0] for row in sql.rows(statement.sql, statement.params)]
    assert len(found) == len(set(found))
    return set(found)


@pytest.mark.parametrize("rule", CONDITIONS, ids=str)
def test_a_condition_and_its_opposite_cover_everyone_and_share_no_one(rule, everyone):
    holds, fails = matching(rule), matching({"op": "none", "of": [rule]})

    assert holds | fails == everyone
    assert holds & fails == set()


def test_people_without_a_country_are_in_is_not_and_not_in_is(everyone):
    nowhere = everyone - matching({"attr": "country", "is": "is_set"})

    assert nowhere
    assert nowhere & matching({"attr": "country", "is": "is", "value": "DK"}) == set()
    assert nowhere <= matching({"attr": "country", "is": "is_not", "value": "DK"})


def test_several_conditions_hold_for_some_and_not_for_others(everyone):
    telling = [rule for rule in CONDITIONS if set() != matching(rule) != everyone]

    assert len(telling) > len(CONDITIONS) * 0.8


def test_two_samples_with_one_seed_are_the_same_people():
    people = crowd(200)

    first = matching({"sample": 20, "seed": "a"})

    assert first == matching({"sample": 20, "seed": "a"}) < people
    assert 15 <= len(first) <= 70
    assert first != matching({"sample": 20, "seed": "b"})


def test_time_does_not_move_inside_a_run(everyone):
    long_ago = timezone.now() - timedelta(days=3650)

    assert matching({"event": "Bought"}, as_of=long_ago) == set()
