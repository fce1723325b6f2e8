"""What came with an import goes after thirty days, whatever became of it."""

import io
import os

import pytest
from django.conf import settings

from profiles.imports.files import storage
from profiles.imports.run import purging, runs
from profiles.models import FileImport, Rejection
from profiles.models.sources import ImportState
from tests.builders import days_ago, guards_off
from tests.profiles.imports.building import (
    CUSTOMER,
    counts,
    customers,
    loaded,
    paused_after,
    proposed,
    some_customers,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_blocks")]


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
