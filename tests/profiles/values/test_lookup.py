"""People are found by any form of what names them, and by every id they ever had."""

import pytest

from profiles.identity import steward_decisions
from profiles.values import lookup
from tests.builders import days_ago, source
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


def found(text):
    """{what it was taken for: ids found}"""
    return {one.searched: set(one.profiles.values_list("pk", flat=True)) for one in lookup.find(text)}


@pytest.fixture
def anna():
    return person(external_id="kd-17", email="anna@example.dk", phone="+45 20 12 34 56")


@pytest.mark.parametrize(
    ("text", "searched"),
    [
        (" Anna@Example.DK ", "e-mail"),
        ("20 12 34 56", "phone"),
        ("0045 20123456", "phone"),
        ("KD-17", "number"),
    ],
)
def test_a_person_is_found_however_it_is_written(anna, text, searched):
    person(external_id="other", email="other@example.dk", phone="20999999")

    assert found(text) == {searched: {anna.pk}}


@pytest.mark.parametrize("form", ["{}", "prf_{}", " {} "])
def test_a_person_is_found_by_an_id_of_the_past(anna, form):
    other = person(external_id="L1", source=source("till", namespace="loyalty_no"))
    steward_decisions.same(identity=anna.pk, other=other.pk, reason="one person", by=None)

    assert found(form.format(other.pk)) == {"profile id": {anna.pk}}
    assert lookup.living(form.format(other.pk)) == anna
    assert lookup.living(other.pk) == anna


def test_nobody_is_found_by_what_names_nobody(anna):
    assert found("nobody@example.dk") == {"e-mail": set(), "number": set(), "login or device": set()}
    assert lookup.find("") == []
    assert lookup.living("prf_nonsense") is None


def test_what_was_searched_is_shown_masked(anna):
    assert [one.form for one in lookup.find("anna@example.dk")] == ["a•••@example.dk"]


def test_an_identifier_of_the_past_finds_in_a_search_but_does_not_name_the_person(anna):
    person(external_id="kd-17", email="anna@new.dk")

    assert list(lookup.by_identifier("email", "anna@example.dk")) == []
    assert list(lookup.by_identifier("email", "ANNA@new.dk")) == [anna]
    assert found("anna@example.dk") == {"e-mail": {anna.pk}}


def test_late_news_of_the_past_does_not_rename_a_person(anna):
    person(external_id="kd-17", email="old@example.dk", observed_at=days_ago(9))

    assert list(lookup.by_identifier("email", "anna@example.dk")) == [anna]
    assert list(lookup.by_identifier("email", "old@example.dk")) == []


@pytest.mark.parametrize(("namespace", "raw"), [("shoe_size", "44"), ("email", "not an address"), ("email", "")])
def test_nonsense_names_nobody(anna, namespace, raw):
    assert list(lookup.by_identifier(namespace, raw)) == []


def test_test_data_is_not_found_among_people(anna):
    person(external_id="t-1", email="planted@example.dk", is_test=True)

    assert list(lookup.by_identifier("email", "planted@example.dk")) == []
    assert set().union(*found("planted@example.dk").values()) == set()
