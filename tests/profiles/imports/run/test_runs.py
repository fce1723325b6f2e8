"""The verbs of an import on a real database: what goes in, what is rejected, and that nothing counts twice."""

import io
import json

import pytest
from django.conf import settings
from django.db import transaction

from partners.inbound.receive import NotAPartnersImport
from profiles.imports.errors import AlreadyLoaded, FileRefused, MappingMissing
from profiles.imports.mapping.specification import MappingRefused
from profiles.imports.run import runs
from profiles.models import Event, FileImport, Mapping, Profile, Record, Rejection, SourceIdentity
from profiles.models.sources import ImportState
from profiles.records.licence import TermsMissing
from tests.at_once import PATIENCE, beside
from tests.builders import source
from tests.partners.inbound import receiving
from tests.partners.inbound.receiving import incoming
from tests.profiles.imports.building import (
    CUSTOMER,
    ORDER_LINE,
    counts,
    customers,
    loaded,
    mapping,
    order_lines,
    proposed,
    some_customers,
    some_order_lines,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_blocks")]


def events() -> list[tuple]:
    """All events but what differs from run to run."""
    fields = [
        "name__name",
        "occurred_at",
        "order_id",
        "quantity",
        "price",
        "amount",
        "properties",
        "record__identity__source",
    ]
    return sorted(Event.objects.values_list(*fields), key=str)


def rejected(file_import: FileImport) -> dict[int, tuple[str, str]]:
    return {one.row_number: (one.column, one.code) for one in Rejection.objects.filter(file_import=file_import)}


# --- Customers --------------------------------------------------------------------------------------------------


def test_customers_become_profiles():
    file_import = loaded(some_customers(30), CUSTOMER)

    assert counts(file_import) == (30, 0, 0, 0)
    assert file_import.state == ImportState.DONE
    assert (file_import.rows_total, file_import.rows_done, file_import.blocks_done) == (30, 30, 5)
    assert Profile.objects.count() == 30
    assert set(Record.objects.values_list("file_import", flat=True)) == {file_import.number}
    assert sorted(Record.objects.values_list("row_number", flat=True)) == list(range(2, 32))


def test_changed_customers_are_updated_and_the_others_stay():
    kept = mapping(CUSTOMER)
    loaded(customers(["1", "a@example.dk", "Anna", "Aarhus", "5"], ["2", "b@example.dk", "Bo", "Vejle", "6"]), kept)
    again = customers(["2", "b@example.dk", "Bo", "Kolding", "6"], ["1", "a@example.dk", "Anna", "Aarhus", "5"])

    assert counts(loaded(again + b"3,c@example.dk,Carl,Ribe,7\n", kept)) == (1, 1, 1, 0)
    assert Profile.objects.count() == 3


def test_a_number_of_a_customer_is_read_in_the_notation_of_the_file():
    loaded(b"id;points;city\n1;1.234,5;K\xf8ge\n", CUSTOMER_NUMBER)

    golden = Profile.objects.get().golden.values_list("attribute__code", "number", "text")
    assert {(code, str(number or text)) for code, number, text in golden} == {
        ("loyalty_points", "1234.500000"),
        ("city", "Køge"),
    }


CUSTOMER_NUMBER = {"external_id": "id", "traits": {"loyalty_points": "points", "city": "city"}}


def test_one_bad_row_never_stops_the_rest():
    rows = [
        ["1", "a@example.dk", "Anna", "Aarhus", "5"],
        ["", "b@example.dk", "Bo", "Vejle", "6"],
        ["3", "c@example.dk", "Carl", "Ribe", "many"],
        ["null", "d@example.dk", "Dorte", "Odense", "7"],
        ["5", "e@example.dk", "Erik", "Odense", "8", "surplus"],
        ["6", "f@example.dk", "Freja", "Odense", "9"],
    ]

    file_import = loaded(customers(*rows), CUSTOMER)

    assert counts(file_import) == (2, 0, 0, 4)
    assert rejected(file_import) == {
        3: ("id", "missing_required"),
        4: ("points", "not_a_number"),
        5: ("id", "no_identifier"),
        6: ("", "ragged"),
    }


def test_an_identifier_that_is_none_is_left_out_and_told():
    file_import = loaded(customers(["1", "no address", "Anna", "", ""], ["2", "b@example.dk", "Bo", "", ""]), CUSTOMER)

    assert counts(file_import) == (2, 0, 0, 0)
    assert file_import.samples["left_out"] == {"email": 1}


def test_rows_outside_the_conditions_are_left_out():
    spec = CUSTOMER | {"when": [{"column": "city", "in": ["Aarhus", "Vejle"]}, {"column": "name", "not_in": ["Bo"]}]}
    rows = [["1", "", "Anna", "Aarhus", ""], ["2", "", "Bo", "Vejle", ""], ["3", "", "Carl", "Ribe", ""]]

    file_import = loaded(customers(*rows), spec)

    assert counts(file_import) == (1, 0, 0, 0)
    assert file_import.rows_done == 3


def test_the_collected_time_of_a_row_is_local_to_its_source():
    spec = {"external_id": "id", "observed_at": {"column": "seen", "form": "%d.%m.%Y %H:%M"}}

    loaded(b"id,seen\n1,31.01.2026 13:45\n", spec)

    assert Record.objects.get().observed_at.isoformat() == "2026-01-31T12:45:00+00:00"


# --- Events -----------------------------------------------------------------------------------------------------


def test_order_lines_become_events_of_their_customers():
    rows = [
        ["c1", "2026-01-31 13:45", "o1", "2", "1.50", "Tea"],
        ["", "2026-02-01 08:00", "o2", "1", "3", ""],
        ["c1", "2026-02-01 09:00", "o3", "", "3", "call 45 +45 20 12 34 56"],
    ]
    file_import = loaded(order_lines(*rows), ORDER_LINE)

    found = list(Event.objects.order_by("occurred_at"))
    profile = Profile.objects.get()
    assert counts(file_import) == (3, 0, 0, 0)
    assert [(str(one.amount), one.properties, one.profile_id) for one in found] == [
        ("3.0000", {"description": "Tea"}, profile.pk),
        ("3.0000", None, None),
        ("None", None, profile.pk),
    ]
    assert [one.sealed is not None for one in found] == [False, False, True]
    assert [one.record_id is not None for one in found] == [True, False, True]
    assert found[0].occurred_at.isoformat() == "2026-01-31T12:45:00+00:00"
    assert (profile.first_seen_at, profile.last_seen_at) == (found[0].occurred_at, found[2].occurred_at)


def test_equal_rows_are_events_of_their_own():
    row = ["c1", "2026-01-31 13:45", "o1", "2", "1.50", "Tea"]

    assert counts(loaded(order_lines(*[row] * 20), ORDER_LINE)) == (20, 0, 0, 0)
    assert Event.objects.count() == 20


def test_the_same_rows_in_another_file_change_nothing():
    kept = mapping(ORDER_LINE | {"traits": {"city": "what"}})
    content = some_order_lines(60)
    loaded(content, kept)
    before = events(), Record.objects.count()
    header, *lines = content.decode().splitlines()
    reversed_lines = "\n".join([header, *reversed(lines)]).encode()
    reordered = [",".join([*reversed(line.split(",")), ""]) for line in [header, *lines]]

    for other in (reversed_lines, "\n".join(reordered).encode()):
        assert counts(loaded(other, kept, file_name="other.csv")) == (0, 0, 60, 0)
    assert (events(), Record.objects.count()) == before


def test_rows_added_to_a_file_are_new_and_the_others_are_not():
    kept = mapping(ORDER_LINE)
    loaded(some_order_lines(20), kept)

    assert counts(loaded(some_order_lines(25), kept)) == (5, 0, 20, 0)


def test_a_message_id_of_the_file_counts_once_whatever_else_the_row_says():
    spec = {"event": ORDER_LINE["event"] | {"message_id": "order"}}
    first = order_lines(["", "2026-01-31 13:45", "o1", "2", "1", ""], ["", "2026-01-31 13:45", "o1", "3", "1", ""])

    kept = mapping(spec)

    assert counts(loaded(first, kept)) == (1, 0, 1, 0)
    assert counts(loaded(order_lines(["", "2026-02-01 13:45", "o1", "9", "1", ""]), kept)) == (0, 0, 1, 0)
    assert Event.objects.get().quantity == 2


def test_the_later_row_says_what_stands_of_the_person():
    spec = ORDER_LINE | {"traits": {"city": "what"}}
    rows = [["c1", "2026-01-03", "o1", "1", "1", "Ribe"], ["c1", "2026-01-02", "o2", "1", "1", "Vejle"]]

    loaded(order_lines(*rows), spec)

    assert Profile.objects.get().golden.get(attribute__code="city").text == "Ribe"


def test_bad_events_are_rejected_with_their_reason_and_leave_no_key():
    rows = [
        ["c1", "2026-01-31 13:45", "o1", "2", "1.50", "Tea"],
        ["c1", "", "o1", "2", "1.50", "Tea"],
        ["c1", "yesterday", "o1", "2", "1.50", "Tea"],
        ["c1", "2999-01-01", "o1", "2", "1.50", "Tea"],
        ["c1", "2026-01-31 13:45", "o" * 101, "2", "1.50", "Tea"],
        ["c1", "2026-01-31 13:45", "o1", "2", "1,50 kr", "Tea"],
        ["c1", "2026-01-31 13:45", "o1", "9999999999", "99999", "Tea"],
        ["unknown", "2026-01-31 13:45", "o1", "2", "1.50", "Tea"],
    ]

    file_import = loaded(order_lines(*rows), ORDER_LINE)

    assert rejected(file_import) == {
        3: ("when", "missing_required"),
        4: ("when", "not_a_time"),
        5: ("when", "future_date"),
        6: ("order", "too_long"),
        7: ("price", "not_a_number"),
        8: ("quantity, price", "number_too_large"),
        9: ("customer", "no_identifier"),
    }
    assert counts(file_import) == (1, 0, 0, 7)
    assert Event.objects.count() == 1


# --- Dry run ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("content", "spec"),
    [
        (some_customers(30) + b"c3,x@example.dk,Nn,Ribe,5\n,,,,\n,x@example.dk,,,\n", CUSTOMER),
        (some_order_lines(40), ORDER_LINE),
    ],
)
def test_a_dry_run_counts_what_the_run_does_and_changes_nothing(content, spec):
    file_import = runs.check(file_import=proposed(content, spec))
    dry = counts(file_import)
    assert (SourceIdentity.objects.count(), Event.objects.count(), Rejection.objects.count()) == (0, 0, 0)

    assert counts(runs.run(file_import=runs.start(file_import=file_import))) == dry
    assert SourceIdentity.objects.count() > 0


def test_samples_of_a_dry_run_are_masked():
    content = customers(
        ["c1", "anna.planted@example.dk", "Annaplanted", "Ribe", "5"], ["", "bo@planted.dk", "Bo", "", ""]
    )

    file_import = runs.check(file_import=proposed(content, CUSTOMER))

    assert file_import.state == ImportState.CHECKED
    assert "planted@" not in json.dumps(file_import.samples)
    assert "Annaplanted" not in json.dumps(file_import.samples)
    assert file_import.samples["new"] == [
        {"row": 2, "cells": {"id": "c•••", "email": "a•••@example.dk", "name": "A•••", "city": "Ribe", "points": "5"}}
    ]
    assert [(one["row"], one["column"], one["code"]) for one in file_import.samples["rejected"]] == [
        (3, "id", "missing_required")
    ]


def test_each_class_has_at_most_twenty_samples():
    file_import = runs.check(file_import=proposed(some_customers(50), CUSTOMER))

    assert len(file_import.samples["new"]) == 20


# --- What stops before any row ----------------------------------------------------------------------------------


def test_a_mapping_that_names_a_column_the_file_lacks_stops_before_any_row():
    file_import = proposed(b"id,mail\n1,a@example.dk\n", CUSTOMER)

    for verb in (runs.check, runs.start):
        with pytest.raises(MappingRefused, match="The file has no column email"):
            verb(file_import=file_import)
    assert SourceIdentity.objects.count() == 0


def test_a_file_without_a_mapping_does_not_start():
    file_import = runs.propose(file=io.BytesIO(b"a\n1\n"), file_name="a.csv", source=source(), by=None)

    with pytest.raises(MappingMissing):
        runs.start(file_import=file_import)


def test_a_file_that_breaks_off_loads_nothing_and_is_not_kept():
    with pytest.raises(FileRefused, match="row 3 is never closed"):
        proposed(b'id,email,name,city,points\n1,,,,\n2,"a,,,\n3,,,,\n', CUSTOMER)

    assert list((settings.KENDT_FILES / "imports").iterdir()) == []
    assert FileImport.objects.count() == 0


@pytest.mark.parametrize(
    ("party", "agreement_version"), [(2, None), (3, None), (1, "01a1ffe2-be77-73bf-bdc9-b1b8116991a2")]
)
def test_data_of_others_needs_its_agreement_and_own_data_has_none(party, agreement_version):
    with pytest.raises(TermsMissing):
        proposed(some_customers(1), CUSTOMER, party=party, agreement_version=agreement_version)


def test_data_of_others_comes_in_by_the_door_of_partners_only():
    version = incoming().pk

    with pytest.raises(NotAPartnersImport):
        loaded(some_customers(2), CUSTOMER, party=2, agreement_version=version)

    assert (Record.objects.count(), FileImport.objects.get().rows_done) == (0, 0)


def test_records_of_a_partners_file_name_its_party_and_agreement():
    version = incoming()

    received = receiving.loaded(version, receiving.table("1,a@example.dk,Ribe,gold,44", "2,b@example.dk,Ribe,gold,44"))

    assert counts(received) == (2, 0, 0, 0)
    assert list(Record.objects.values_list("party", "agreement_version")) == [(2, version.pk)] * 2


def test_the_same_file_gives_its_first_receipt_and_changes_nothing():
    kept = mapping(CUSTOMER)
    first = loaded(some_customers(5), kept)

    with pytest.raises(AlreadyLoaded) as again:
        loaded(some_customers(5), kept, file_name="renamed.csv")
    assert again.value.receipt == first


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("second", ["start", "resume"])
def test_of_two_imports_of_one_file_that_begin_at_once_one_says_that_it_is_loaded(second):
    kept = mapping(CUSTOMER)
    first, again = proposed(some_customers(5), kept), proposed(some_customers(5), kept)
    if second == "resume":
        again = runs.start(file_import=again)
        FileImport.objects.filter(pk=again.pk).update(state=ImportState.FAILED)
        again.refresh_from_db()

    with transaction.atomic():
        runs.start(file_import=first)
        other = beside(lambda: getattr(runs, second)(file_import=again))

    with pytest.raises(AlreadyLoaded):
        other.result(PATIENCE)


@pytest.mark.django_db(transaction=True)
def test_two_who_remember_a_mapping_of_one_name_at_once_change_the_same_one():
    shop = source()

    def remembered(spec):
        return runs.remember_mapping(source=shop, name="crm", rows="customers", spec=spec)

    with transaction.atomic():
        first = remembered(CUSTOMER)
        other = beside(lambda: remembered(CUSTOMER | {"traits": {}}))

    assert other.result(PATIENCE).pk == first.pk
    assert Mapping.objects.get().spec["traits"] == {}


def test_a_changed_mapping_keeps_what_it_said_before():
    first = mapping(CUSTOMER, name="crm")
    mapping(CUSTOMER, name="crm")
    changed = mapping(CUSTOMER | {"traits": {}}, name="crm")

    assert changed.pk == first.pk
    assert Mapping.objects.count() == 1
    assert [row.spec["traits"] for row in changed.history.order_by("history_id")] == [CUSTOMER["traits"], {}]
