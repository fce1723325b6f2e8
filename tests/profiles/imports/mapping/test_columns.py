"""A mapping as choices and as a spec: the same thing said twice."""

import pytest

from profiles.imports.mapping.columns import chosen_of, constants_of, meanings, shown, spec_of, twice
from tests.some import each

pytestmark = pytest.mark.django_db
CUSTOMERS = {
    "external_id": "id",
    "identifiers": {"email": ["mail", "mail 2"], "phone": "tel"},
    "traits": {"city": "town", "birth_date": {"column": "born", "form": "%d.%m.%Y"}},
    "observed_at": {"column": "seen", "form": "%m/%d/%y"},
}
EVENTS = {
    "external_id": "id",
    "event": {
        "name": "Order Line",
        "occurred_at": "when",
        "quantity": "n",
        "price": "p",
        "amount": {"multiply": ["n", "p"]},
        "properties": {"colour": "colour", "size": "size"},
        "personal": {"note": "note"},
    },
}
CONSENTS = {"external_id": "id", "consents": [{"purpose": "why", "state": "answer", "effective_at": "at"}]}
NEWSLETTER = {
    "external_id": "id",
    "consents": [
        {"state": "answer", "effective_at": "at", "purpose": {"value": "news"}, "wording": {"value": "words/da/1"}}
    ],
}
FOUND = {"born": ["31.01.1980"], "seen": ["2/20/19"], "when": ["2026-01-31"], "at": ["2026-01-31 10:00"]}


@pytest.mark.parametrize(
    ("rows", "spec"),
    [("customers", CUSTOMERS), ("events", EVENTS), ("consents", CONSENTS)],
    ids=["people", "events", "decisions"],
)
def test_choices_and_spec_say_the_same(rows, spec):
    chosen = chosen_of(spec)

    assert spec_of(chosen, rows=rows, event_name="Order Line", texts=FOUND) == spec
    assert each(set(chosen.values())) <= {one.target for _title, group in meanings(rows) for one in group}


def test_what_the_decisions_of_all_rows_have_in_common_is_chosen_once():
    chosen, common = chosen_of(NEWSLETTER), constants_of(NEWSLETTER)

    assert chosen == {"id": "external_id", "answer": "consents.state", "at": "consents.effective_at"}
    assert common == {"purpose": "news", "wording": "words/da/1"}
    assert spec_of(chosen, rows="consents", texts=FOUND, constants=common) == NEWSLETTER


@pytest.mark.parametrize("more", [{"effective_at": {"value": "2026-01-31"}}, {"state": {"join": ["a", "b"]}}])
def test_decisions_that_choices_cannot_say_are_left_to_the_text(more):
    assert chosen_of(NEWSLETTER | {"consents": [NEWSLETTER["consents"][0] | more]}) is None


@pytest.mark.parametrize(
    "more",
    [
        {"when": [{"column": "a", "in": ["b"]}]},
        {"traits": {"city": {"value": "Ribe"}}},
        {"traits": {"full_name": {"join": ["a", "b"]}}},
        {"traits": {"city": {"column": "a", "required": True}}},
        {"traits": {"city": "id"}},
        {"event": {"name": {"column": "what"}, "occurred_at": "when"}},
        {"event": {"name": "x", "occurred_at": "when", "amount": {"multiply": ["a", "b"]}}},
    ],
    ids=["condition", "constant", "join", "required", "one column twice", "name by column", "amount of others"],
)
def test_what_choices_cannot_say_is_left_to_the_text(more):
    assert chosen_of({"external_id": "id"} | more) is None


def test_two_columns_may_be_one_kind_of_identifier_but_not_one_attribute():
    chosen = {"a": "identifiers.email", "b": "identifiers.email", "c": "traits.city", "d": "traits.city"}

    assert twice(chosen) == ["traits.city"]


def test_samples_show_figures_and_times_and_mask_all_else():
    assert shown(["12,50", "12,50", "31.01.2026 10:00", "8000", "more"]) == ["12,50", "31.01.2026 10:00", "8000"]
    assert shown(["Anna Holm", "+4520123456", "a@b.dk"]) == ["A••• H•••", "+45 •• •• 34 56", "a•••@b.dk"]
    assert shown(["2026-01-31T13:45:00+01:00", "1.234,50", "-3"]) == ["2026-01-31T13:45:00+01:00", "1.234,50", "-3"]


@pytest.mark.parametrize(
    "text", ["010190-1234", "19900101-1234", "199001011234", "20120304", "20 12 34 56", "4520123456", "012345678901234"]
)
def test_samples_mask_what_may_be_the_number_of_a_person(text):
    assert shown([text]) != [text]
