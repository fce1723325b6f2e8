"""An import that is paused, resumed, cancelled or broken off: each row counts once, and nobody is taken over."""

import pytest
from django.conf import settings
from django.utils import timezone

from cdp.base.errors import WrongState
from profiles.imports.errors import Busy
from profiles.imports.run import runs
from profiles.models import FileImport, SourceIdentity
from profiles.models.sources import ImportState
from tests.builders import days_ago
from tests.profiles.imports.building import (
    CUSTOMER,
    ORDER_LINE,
    counts,
    order_lines,
    paused_after,
    proposed,
    some_customers,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_blocks")]


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
