"""norm/v1: equal people have equal forms, and what is no identifier has none."""

import csv
import gzip

import pytest
from django.conf import settings
from hypothesis import given
from hypothesis import strategies as st

from profiles.values.normal_form import RULES, folded_name, is_role_address, normal

PHONES = settings.KENDT_TEST_DATA / "phones" / "phone_vectors.csv.gz"


@pytest.mark.parametrize(
    ("raw", "form"),
    [
        ("  Åse.Ø@EXÆMPLE.dk\u200b", "åse.ø@xn--exmple-qua.dk"),
        ("Anna.Berg+club@Example.COM.", "anna.berg+club@example.com"),
        ("a\u0308nna@example.se", "änna@example.se"),
        ("two@at@example.dk", None),
        ("no-domain@localhost", None),
        ("noreply@example.dk", None),
        ("test@example.dk", None),
        ("", None),
        (" \u200b\ufeff", None),
    ],
)
def test_an_email_has_one_form(raw, form):
    assert normal("email", raw) == form


def test_an_office_address_is_known_as_one():
    assert is_role_address("info@example.dk")
    assert not is_role_address("infanta@example.dk")


@pytest.mark.parametrize(
    ("raw", "country", "form"),
    [
        ("20 12 34 56", "DK", "+4520123456"),
        ("20 12 34 56", "SE", "+4620123456"),
        ("20 12 34 56", None, None),
        ("+45 20 12 34 56", None, "+4520123456"),
        ("0045 20123456", "DK", "+4520123456"),
        ("070-174 06 05", "SE", "+46701740605"),
        ("12", "DK", None),
        ("12345678", "DK", None),
        ("00000000", "DK", None),
        ("not a number", "DK", None),
    ],
)
def test_a_phone_number_is_read_in_its_country(raw, country, form):
    assert normal("phone", raw, country=country) == form


@pytest.mark.skipif(not PHONES.exists(), reason="the public test data is not on this machine (KENDT_TEST_DATA)")
def test_phone_numbers_of_all_countries_have_the_published_form():
    with gzip.open(PHONES, "rt", encoding="utf-8") as file:
        vectors = [row for row in csv.DictReader(file) if row["valid"] == "True"]

    wrong = [row for row in vectors if normal("phone", row["input"], country=row["region"]) != row["e164"]]

    assert len(vectors) > 2000
    assert wrong == []


@pytest.mark.parametrize("raw", ["null", "undefined", "anonymous", "-1", "000", "---", "NaN", "n/a", "  "])
@pytest.mark.parametrize("normaliser", ["login", "number"])
def test_what_systems_send_instead_of_an_id_is_no_identifier(normaliser, raw):
    assert normal(normaliser, raw) is None


def test_a_customer_number_has_no_blanks_and_one_case():
    assert normal("number", " k 10 01b ") == "K1001B"


@pytest.mark.parametrize(
    ("raw", "form"), [("311299-5555", "3112995555"), ("19850102-2384", "198501022384"), ("1", None)]
)
def test_a_national_id_is_its_digits(raw, form):
    assert normal("national_id", raw) == form


@pytest.mark.parametrize(
    ("one", "other"), [("Åse Bjørn", "AASE BJÖRN"), ("André", "andre"), ("Anne-Marie", "anne marie")]
)
def test_variants_of_a_name_are_one_for_matching(one, other):
    assert folded_name(one) == folded_name(other)


@given(
    normaliser=st.sampled_from(sorted(RULES)), text=st.text(max_size=40), country=st.sampled_from([None, "DK", "SE"])
)
def test_a_normal_form_is_its_own_normal_form(normaliser, text, country):
    form = normal(normaliser, text, country=country)

    assert form is None or normal(normaliser, form, country=country) == form
