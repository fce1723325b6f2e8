"""Rejected rows: kept sealed, and given back as a file that a person corrects and loads again.

The file has the columns `kendt_row`, `kendt_column`, `kendt_code` and `kendt_advice`, then those of the file that came.
Cells that a spreadsheet would not keep as they are begin with an apostrophe; loading the file takes it away again.
"""

import csv
import io
from collections.abc import Iterable, Iterator

import orjson

from cdp.base.database.sql import copy_in
from cdp.base.spreadsheets import as_text
from profiles.imports.advice import advice
from profiles.imports.files.formats import Format
from profiles.imports.files.rows import BadRow, Fault
from profiles.imports.files.separated import REJECT_COLUMNS
from profiles.models import FileImport, Rejection
from profiles.vault import log_bodies, open_own, seal_own

FIELDS = ["file_import_id", "row_number", '"column"', "code", "detail", "sealed_row"]


def keep(file_import: FileImport, bad: Iterable[BadRow]) -> None:
    """Keep the rejected rows of a block, sealed."""
    copy_in("profiles_rejection", FIELDS, (_kept(file_import, row) for row in bad))


def _kept(file_import: FileImport, row: BadRow) -> tuple:
    sealed = seal_own(_place(file_import, row.number), orjson.dumps(row.cells))
    return file_import.pk, row.number, row.fault.column[:200], row.fault.code, advice(row.fault), sealed


def lines(*, file_import: FileImport, by) -> Iterator[str]:
    """The rejected rows as lines of a CSV file, with a line in the access log. by: a user, or None for the system."""
    found = Rejection.objects.filter(file_import=file_import).order_by("row_number")
    purpose = f"Correct the rejected rows of import {file_import.pk}"
    log_bodies(by=by, action="rejected_rows", purpose=purpose, fields=["rejected rows"], count=found.count())
    return _written(file_import, found)


def _written(file_import: FileImport, found) -> Iterator[str]:
    out = io.StringIO()
    separator = Format.of(file_import.format).separator
    writer = csv.writer(out, delimiter=separator)
    names = file_import.format["columns"]
    writer.writerow([*REJECT_COLUMNS, *map(as_text, names)])
    for rejection in found.iterator(chunk_size=1_000):
        cells = orjson.loads(open_own(_place(file_import, rejection.row_number), rejection.sealed_row))
        cells = [cells.get(name) or "" for name in names] if isinstance(cells, dict) else cells
        detail = advice(Fault(rejection.column, rejection.code, rejection.detail))
        writer.writerow([rejection.row_number, as_text(rejection.column), rejection.code, detail, *map(as_text, cells)])
        if out.tell() > 1 << 16:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> str:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text


def _place(file_import: FileImport, row_number: int) -> str:
    return f"profiles_rejection.sealed_row/{file_import.pk}/{row_number}"
