"""The verbs of an import on a real database: what goes in, what is rejected, and that nothing counts twice."""

import io
import json
import os

import pytest
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from cdp.base.errors import WrongState
from cdp.base.extension import ExtensionPoint
from partners.inbound.receive import NotAPartnersImport
from profiles.imports.errors import AlreadyLoaded, Busy, FileRefused, MappingMissing
from profiles.imports.files import storage
from profiles.imports.mapping.specification import MappingRefused
from profiles.imports.run import handlers, purging, rejects, runs
from profiles.imports.run.handlers import Answered, StatementRefusal
from profiles.models import AccessEntry, Event, FileImport, Mapping, Profile, Record, Rejection, SourceIdentity
from profiles.models.sources import ImportState
from profiles.records.licence import TermsMissing
from tests.at_once import PATIENCE, beside
from tests.builders import days_ago, guards_off, source
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
    table,
)

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def small_blocks(settings, tmp_path, monkeypatch):
    settings.KENDT_FILES = tmp_path
    monkeypatch.setattr(runs, "BLOCK_ROWS", 7)


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


def reject_file(file_import: FileImport) -> bytes:
    return "".join(rejects.lines(file_import=file_import, by=None)).encode("utf-8-sig")


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


# --- Pause, resume, cancel, crash -------------------------------------------------------------------------------


def paused_after(rows: int, content: bytes, spec) -> FileImport:
    file_import = runs.start(file_import=proposed(content, spec))
    return runs.run(
        file_import=file_import, progress=lambda done: runs.pause(file_import=file_import) if done >= rows else None
    )


def test_a_paused_import_goes_on_where_it_stopped():
    file_import = paused_after(14, some_customers(30), CUSTOMER)
    assert (file_import.state, file_import.rows_done, SourceIdentity.objects.count()) == (ImportState.PAUSED, 14, 14)

    file_import = runs.run(file_import=runs.resume(file_import=file_import))

    assert (file_import.state, file_import.rows_done, counts(file_import)) == (ImportState.DONE, 30, (30, 0, 0, 0))


def test_equal_rows_on_both_sides_of_a_pause_stay_events_of_their_own():
    row = ["c1", "2026-01-31 13:45", "o1", "2", "1.50", "Tea"]
    file_import = paused_after(7, order_lines(*[row] * 20), ORDER_LINE)

    assert counts(runs.run(file_import=runs.resume(file_import=file_import))) == (20, 0, 0, 0)


def test_a_cancelled_import_keeps_what_is_in_and_lets_the_file_go():
    file_import = runs.cancel(file_import=paused_after(14, some_customers(30), CUSTOMER))

    assert (file_import.state, SourceIdentity.objects.count()) == (ImportState.CANCELLED, 14)
    assert list((settings.KENDT_FILES / "imports").iterdir()) == []
    for verb in (runs.resume, runs.pause, runs.cancel):
        with pytest.raises(WrongState):
            verb(file_import=file_import)


def test_a_dry_run_that_is_cancelled_stops_and_says_so():
    file_import, rows = proposed(some_customers(30), CUSTOMER), []

    def cancelled(done):
        rows.append(done)
        runs.cancel(file_import=FileImport.objects.get(pk=file_import.pk))

    with pytest.raises(WrongState):
        runs.check(file_import=file_import, progress=cancelled)

    left = FileImport.objects.get(pk=file_import.pk)
    assert (rows, left.state, left.leased_until, left.rows_done) == ([7], ImportState.CANCELLED, None, 7)


def test_trouble_in_a_dry_run_is_told_as_it_is_though_somebody_cancelled():
    file_import = proposed(some_customers(30), CUSTOMER)

    def broken(_done):
        runs.cancel(file_import=FileImport.objects.get(pk=file_import.pk))
        raise RuntimeError

    with pytest.raises(RuntimeError):
        runs.check(file_import=file_import, progress=broken)


@pytest.mark.parametrize("stop", [runs.pause, runs.cancel])
def test_what_is_stopped_while_a_resumed_run_reads_on_to_its_place_stays_stopped(stop):
    file_import = runs.resume(file_import=paused_after(14, some_customers(30), CUSTOMER))

    file_import = runs.run(file_import=file_import, progress=stopping(stop, file_import))

    assert (file_import.rows_done, file_import.leased_until) == (14, None)


@pytest.mark.parametrize("stop", [runs.pause, runs.cancel])
def test_a_run_that_is_stopped_after_its_last_row_returns(stop):
    file_import = runs.start(file_import=proposed(some_customers(7), CUSTOMER))

    file_import = runs.run(file_import=file_import, progress=stopping(stop, file_import))

    assert (file_import.rows_done, file_import.leased_until) == (7, None)
    assert file_import.state == {runs.pause: ImportState.PAUSED, runs.cancel: ImportState.CANCELLED}[stop]


def stopping(stop, file_import: FileImport):
    """Progress at whose first report somebody stops the import."""
    once = iter([stop])
    return lambda _rows: [verb(file_import=FileImport.objects.get(pk=file_import.pk)) for verb in [*once]]


def test_two_processes_never_work_on_one_import():
    file_import = runs.start(file_import=proposed(some_customers(5), CUSTOMER))
    FileImport.objects.update(leased_until=timezone.now() + timezone.timedelta(seconds=30))

    with pytest.raises(Busy):
        runs.run(file_import=file_import)
    assert runs.stalled() == []


def test_an_import_that_began_meanwhile_is_not_described_anew():
    file_import = proposed(some_customers(5), CUSTOMER)
    seen_before = FileImport.objects.get(pk=file_import.pk)
    runs.start(file_import=file_import)

    with pytest.raises(WrongState):
        runs.describe(file_import=seen_before)
    assert runs.run(file_import=file_import).state == ImportState.DONE


def test_an_import_whose_process_died_is_found_and_taken_up():
    file_import = runs.start(file_import=proposed(some_customers(5), CUSTOMER))
    FileImport.objects.update(leased_until=days_ago(0.001))

    assert runs.stalled() == [file_import]
    assert runs.run(file_import=file_import).state == ImportState.DONE


def test_trouble_leaves_the_import_failed_with_all_blocks_before_it(monkeypatch):
    write = runs.Customers.write

    def trouble(self, reading):
        if reading.block.number == 2:
            raise ValueError("anna.planted@example.dk")
        return write(self, reading)

    file_import = runs.start(file_import=proposed(some_customers(30), CUSTOMER))
    with monkeypatch.context() as patch, pytest.raises(ValueError, match="planted"):
        patch.setattr(runs.Customers, "write", trouble)
        runs.run(file_import=file_import)

    file_import.refresh_from_db()
    assert (file_import.state, file_import.rows_done, SourceIdentity.objects.count()) == (ImportState.FAILED, 14, 14)
    assert file_import.error == "Stopped after row 14 of those in the file: ValueError"
    assert counts(runs.run(file_import=runs.resume(file_import=file_import))) == (30, 0, 0, 0)


# --- Rejected rows ----------------------------------------------------------------------------------------------


def test_rejected_rows_are_sealed_and_come_back_with_their_reason():
    content = table(["id", "email", "name", "city", "points"], ["1", "=HYPERLINK(1)", "anna planted", "x", "-many"])
    file_import = loaded(content, CUSTOMER)

    assert b"planted" not in bytes(Rejection.objects.get().sealed_row)
    assert reject_file(file_import).decode("utf-8-sig").splitlines() == [
        "kendt_row,kendt_column,kendt_code,kendt_advice,id,email,name,city,points",
        '2,points,not_a_number,"A number in the declared notation is expected. Correct it, or the decimal sign of the '
        "file.\",1,'=HYPERLINK(1),anna planted,x,'-many",
    ]
    assert AccessEntry.objects.get().count == 1


def test_only_the_corrected_rows_are_loaded_again():
    kept = mapping(CUSTOMER)
    rows = [["1", "a@example.dk", "Anna", "Aarhus", "5"], ["2", "b@example.dk", "-Bo", "=Vejle", "six"]]
    file_import = loaded(customers(*rows), kept)

    corrected = reject_file(file_import).replace(b"six", b"6")
    again = loaded(corrected, kept, file_name="rejected.csv")

    assert counts(again) == (1, 0, 0, 0)
    assert again.format["columns"] == ["id", "email", "name", "city", "points"]
    assert set(Profile.objects.values_list("golden__text", flat=True)) >= {"Aarhus", "=Vejle"}


def test_rejected_rows_of_any_format_come_back_as_a_table():
    lines = b'{"id": "1", "points": "x"}\n{"id": "2", "points": "y", "city": "Ribe"}\nnot json\n'
    file_import = loaded(lines, CUSTOMER_NUMBER)

    text = reject_file(file_import).decode("utf-8-sig").splitlines()

    assert [line.split(",")[0] for line in text] == ["kendt_row", "1", "2", "3"]
    assert text[0].endswith(",id,points,city")


def test_after_thirty_days_the_contents_are_gone_and_the_counts_stay():
    file_import = loaded(customers(["1", "", "", "", "x"]), CUSTOMER)
    assert purging.purge() == 0
    came_a_month_ago()

    assert purging.purge() == 1
    assert list((settings.KENDT_FILES / "imports").iterdir()) == []
    assert Rejection.objects.count() == 0
    assert FileImport.objects.get(pk=file_import.pk).rows_rejected == 1


def came_a_month_ago() -> None:
    with guards_off("profiles_fileimport"):
        FileImport.objects.update(created_at=days_ago(31))


def waiting() -> FileImport:
    return proposed(some_customers(30), CUSTOMER)


def failed() -> FileImport:
    def broken(_rows):
        raise RuntimeError

    file_import = runs.start(file_import=waiting())
    with pytest.raises(RuntimeError):
        runs.run(file_import=file_import, progress=broken)
    return file_import


IN_STATE = {
    ImportState.WAITING: waiting,
    ImportState.CHECKED: lambda: runs.check(file_import=waiting()),
    ImportState.RUNNING: lambda: runs.start(file_import=waiting()),
    ImportState.PAUSED: lambda: paused_after(7, some_customers(30), CUSTOMER),
    ImportState.FAILED: failed,
    ImportState.CANCELLED: lambda: runs.cancel(file_import=waiting()),
    ImportState.DONE: lambda: loaded(some_customers(30), CUSTOMER),
}


@pytest.mark.parametrize("state", ImportState)
def test_after_thirty_days_nothing_is_kept_in_whatever_state_an_import_was_left(state):
    file_import = IN_STATE[state]()
    assert FileImport.objects.get(pk=file_import.pk).state == state
    came_a_month_ago()

    assert (purging.purge(), purging.purge()) == (1, 0)

    left = FileImport.objects.get(pk=file_import.pk)
    assert (left.state, left.stored_as) == (
        ImportState.DONE if state == ImportState.DONE else ImportState.CANCELLED,
        "",
    )
    assert list((settings.KENDT_FILES / "imports").iterdir()) == []


def test_an_import_at_work_is_not_taken_from_its_worker_by_the_night():
    file_import = runs.start(file_import=proposed(some_customers(10), CUSTOMER))
    came_a_month_ago()

    done = runs.run(file_import=file_import, progress=lambda _rows: purging.purge())

    assert (done.state, counts(done)) == (ImportState.DONE, (10, 0, 0, 0))
    assert purging.purge() == 1


def test_files_that_no_import_knows_go_after_a_day(tmp_path):
    file_import = loaded(some_customers(1), CUSTOMER)
    orphan = storage.keep(io.BytesIO(b"left by a rolled-back transaction"))
    for path in (tmp_path / "imports").iterdir():
        os.utime(path, (0, 0))

    purging.purge()

    assert [path.name for path in (tmp_path / "imports").iterdir()] == [file_import.stored_as]
    assert orphan.name != file_import.stored_as


# --- Decisions --------------------------------------------------------------------------------------------------

NEWSLETTER = {
    "purpose": {"value": "newsletter"},
    "channel": {"value": "email"},
    "state": {"column": "news", "values": {"ja": "ConsentGiven", "nej": "ConsentRefused"}},
    "effective_at": "news at",
    "wording": "text",
}


def test_decisions_in_a_file_are_handed_to_who_keeps_them(monkeypatch):
    calls = []

    def keep(*, file_import, said, by):
        calls.append(said)
        old = [one.row_number for one in said if one.wording == "old"]
        refusals = [StatementRefusal(number, "state", "too_old", "Too old.") for number in old]
        return Answered({one.row_number for one in said} - {*old}, refusals)

    place = ExtensionPoint("decisions")
    place.add(keep, order=1)
    monkeypatch.setattr(handlers, "DECISIONS", place)
    content = table(
        ["id", "news", "news at", "text"],
        ["1", "Ja", "2024-05-01", "Yes please"],
        ["2", "nej", "", ""],
        ["3", "", "", ""],
        ["4", "ja", "", "old"],
        ["5", "måske", "", ""],
    )

    file_import = loaded(content, {"external_id": "id", "consents": [NEWSLETTER]})

    given, again = calls
    identities = dict(Record.objects.values_list("row_number", "identity"))
    assert [(one.row_number, one.state, one.wording) for one in given] == [
        (2, "ConsentGiven", "Yes please"),
        (3, "ConsentRefused", ""),
        (5, "ConsentGiven", "old"),
    ]
    assert [one.identity for one in again] == [identities[2], identities[3]]
    assert 5 not in identities
    assert given[0].effective_at.isoformat() == "2024-04-30T22:00:00+00:00"
    assert len({one.message_id for one in given}) == 3
    assert [one.row_number for one in again] == [2, 3]
    assert rejected(file_import) == {5: ("news", "too_old"), 6: ("news", "unknown_value")}


def test_a_file_of_decisions_is_refused_where_nobody_keeps_them(monkeypatch):
    monkeypatch.setattr(handlers, "DECISIONS", ExtensionPoint("decisions"))

    with pytest.raises(MappingRefused, match="takes no consents"):
        mapping({"external_id": "id", "consents": [NEWSLETTER]})


def test_a_changed_mapping_keeps_what_it_said_before():
    first = mapping(CUSTOMER, name="crm")
    mapping(CUSTOMER, name="crm")
    changed = mapping(CUSTOMER | {"traits": {}}, name="crm")

    assert changed.pk == first.pk
    assert Mapping.objects.count() == 1
    assert [row.spec["traits"] for row in changed.history.order_by("history_id")] == [CUSTOMER["traits"], {}]
