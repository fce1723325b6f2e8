"""The mapping language: what it refuses, and what is proposed by the names of columns."""

import json
import re

import pytest
from django.conf import settings

from profiles.imports.mapping import specification
from profiles.imports.mapping.specification import MappingRefused, check, propose

pytestmark = pytest.mark.django_db
EVENT = {"event": {"name": "Order Line", "occurred_at": "when"}}


def errors(spec, **options) -> dict[str, str]:
    """{pointer: code}"""
    options = {"rows": "events" if "event" in spec else "customers"} | options
    with pytest.raises(MappingRefused) as refused:
        check(spec, **options)
    return {error["pointer"]: error["code"] for error in refused.value.errors}


def test_a_mapping_of_every_form_is_accepted():
    check(
        {
            "external_id": {"column": "id", "namespace": "email", "required": True},
            "identifiers": {"email": ["mail", {"column": "mail 2", "verified": True}], "phone": "tel"},
            "traits": {
                "full_name": {"join": ["first", "last"], "with": " "},
                "birth_date": {"column": "born", "form": "%d.%m.%Y"},
                "gender": {"column": "sex", "values": {"K": "female", "M": "male"}, "default": "unknown"},
                "country": {"value": "DK"},
            },
            "observed_at": "updated",
            "event": {
                "name": {"column": "what"},
                "type": "page",
                "occurred_at": {"column": "when", "form": "unix"},
                "message_id": "line",
                "amount": {"multiply": ["quantity", "price"]},
                "properties": {"colour": {"column": "farve", "optional": True}},
                "personal": {"note": "note"},
            },
            "when": [{"column": "status", "in": ["ok"]}, {"column": "kind", "not_in": ["test", ""]}],
        },
        rows="events",
    )


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        ({}, {"/": "required"}),
        ({"external_id": "id", "colour": "x"}, {"/": "schema"}),
        ({"external_id": 7}, {"/external_id": "schema"}),
        ({"external_id": "id", "traits": {"city": {"colum": "x"}}}, {"/traits/city": "schema"}),
        ({"external_id": "id", "traits": {"shoe_size": "x"}}, {"/traits/shoe_size": "unknown_attribute"}),
        ({"external_id": "id", "identifiers": {"cpr": "x"}}, {"/identifiers/cpr": "unknown_namespace"}),
        ({"external_id": {"column": "id", "namespace": "x"}}, {"/external_id/namespace": "unknown_namespace"}),
        (
            {"external_id": "id", "observed_at": {"column": "x", "form": "%d-%m-%d"}},
            {"/observed_at/form": "unknown_form"},
        ),
        ({"external_id": "id", "observed_at": {"column": "x", "form": "%Q"}}, {"/observed_at/form": "unknown_form"}),
        ({"event": {"name": "x"}}, {"/event": "schema"}),
        ({"event": EVENT["event"] | {"type": "identify"}}, {"/event/type": "schema"}),
        ({"event": EVENT["event"] | {"amount": {"multiply": ["a"]}}}, {"/event/amount": "schema"}),
        (EVENT | {"when": [{"column": "a", "in": ["x"], "not_in": ["y"]}]}, {"/when/0": "schema"}),
    ],
)
def test_a_spec_that_breaks_the_language_is_refused_where_it_does(spec, expected):
    assert errors(spec) == expected


def test_an_error_names_what_is_wrong_in_plain_words():
    with pytest.raises(MappingRefused, match="/event: occurred_at is missing"):
        check({"event": {"name": "x"}}, rows="events")


def test_columns_that_the_file_lacks_are_named_with_those_it_has():
    spec = {"external_id": "id", "traits": {"city": {"column": "town", "optional": True}, "company": "firm"}}

    with pytest.raises(MappingRefused, match=r"/traits/company: The file has no column firm. It has: id, name\."):
        check(spec, rows="customers", columns=["name", "id"])


def test_rows_of_decisions_need_who_and_what():
    assert errors({"external_id": "id"}, rows="consents") == {"/": "required"}


@pytest.mark.parametrize(
    "columns",
    [
        ["CustomerID", "Email", "First name", "LAST_NAME", "Postal-Code", "Mobile"],
        ["Kundenr.", "E-mail", "Fornavn", "Efternavn", "Postnr", "Tlf."],
        ["Kundnummer", "E-post", "Förnamn", "Efternamn", "Postnummer", "Telefon"],
    ],
)
def test_a_mapping_is_proposed_in_three_languages(columns):
    number, mail, first, last, postal, phone = columns

    assert propose([*columns, "Shoe size"], rows="customers") == {
        "external_id": number,
        "identifiers": {"email": mail, "phone": phone},
        "traits": {"first_name": first, "last_name": last, "postal_code": postal},
    }


def test_a_proposal_for_order_lines_multiplies_price_and_quantity():
    columns = ["InvoiceNo", "StockCode", "Description", "Quantity", "InvoiceDate", "UnitPrice", "CustomerID", "Country"]
    spec = propose(columns, rows="events")

    assert spec == {
        "external_id": "CustomerID",
        "event": {
            "name": "Order Line",
            "occurred_at": "InvoiceDate",
            "order_id": "InvoiceNo",
            "product_id": "StockCode",
            "quantity": "Quantity",
            "price": "UnitPrice",
            "amount": {"multiply": ["Quantity", "UnitPrice"]},
        },
    }
    check(spec, rows="events", columns=columns)


def test_all_columns_that_a_mapping_needs_are_known_with_their_place():
    traits = {"city": {"column": "c"}, "company": {"column": "e", "optional": True}}
    spec = {"external_id": {"join": ["a", "b"]}, "traits": traits, "when": [{"column": "d", "in": ["x"]}]}

    assert specification.columns_named(spec) == {
        "a": "/external_id",
        "b": "/external_id",
        "c": "/traits/city",
        "d": "/when/0",
    }


DOCS = settings.BASE_DIR / "docs" / "integrations.md"


def test_the_mapping_in_the_documentation_is_one():
    (example,) = re.findall(r"```json\n(\{.*?\n\})\n```", DOCS.read_text().partition("### Mappings")[2], re.DOTALL)

    check(json.loads(example), rows="events")


def test_every_word_of_the_language_is_in_the_documentation():
    schema = json.loads(specification.SCHEMA.read_text())
    named = [
        schema,
        *schema["$defs"].values(),
        schema["properties"]["event"],
        schema["properties"]["consents"]["items"],
    ]
    words = {word for part in named for word in part.get("properties", {})}

    text = DOCS.read_text().partition("### Mappings")[2]
    assert {word for word in words if f"`{word}`" not in text and f'"{word}"' not in text} == set()
