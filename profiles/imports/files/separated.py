"""CSV and its kin (comma, semicolon, tab, bar): records of cells, fitted to their header."""

import csv
import itertools
from collections.abc import Iterable, Iterator
from typing import BinaryIO, NamedTuple

from cdp.base.spreadsheets import original
from profiles.imports.errors import NoHeader, TooManyColumns, UnbalancedQuote
from profiles.imports.files.formats import Format
from profiles.imports.files.lines import LINE_LIMIT, Lines
from profiles.imports.files.rows import COLUMN_LIMIT, BadRow, Fault, Row, unlike, unnamed

#: What a reject file has before the columns of the file that came.
REJECT_COLUMNS = ["kendt_row", "kendt_column", "kendt_code", "kendt_advice"]

csv.field_size_limit(LINE_LIMIT)  # the module's own limit is for the whole process; a long cell is one bad row here


class _Record(NamedTuple):
    number: int
    cells: list[str]
    lines: int  # how many lines it spans
    broken: bool = False

    @property
    def blank(self) -> bool:
        return not self.broken and not "".join(self.cells).strip()


def opened(file: BinaryIO, format: Format) -> tuple[list[str], Iterator[Row | BadRow], Lines]:
    """Names of the columns, the rows after the header, and the lines they are read from."""
    lines = Lines(file, format)
    for _skipped in itertools.islice(lines, format.skip):
        pass
    records = _records(lines, csv.reader(lines, delimiter=format.separator, strict=True), format.skip)
    first = next((record for record in records if not record.blank), None)
    if first is None:
        raise NoHeader
    if first.broken:
        raise UnbalancedQuote(row=first.number)
    records = records if format.header else itertools.chain([first], records)
    if first.cells[: len(REJECT_COLUMNS)] == REJECT_COLUMNS:
        first, records = _came(first), map(_came, records)
    columns = _named(first.cells, format)
    return columns, _fitted(records, columns), lines


def _came(record: _Record) -> _Record:
    """A row of a reject file as it came: without our columns, its cells what they were."""
    return record._replace(cells=[original(cell) for cell in record.cells[len(REJECT_COLUMNS) :]])


def _records(lines: Lines, reader: Iterator[list[str]], number: int) -> Iterator[_Record]:
    while True:
        number += 1
        before = lines.count
        try:
            yield _Record(number, next(reader), lines.count - before)
        except StopIteration:
            return
        except csv.Error as error:
            if "unexpected end" in str(error) or "field limit" in str(error):
                raise UnbalancedQuote(row=number) from None
            yield _Record(number, [], lines.count - before, broken=True)


def _named(cells: list[str], format: Format) -> list[str]:
    if len(cells) > COLUMN_LIMIT:
        raise TooManyColumns(count=len(cells), limit=COLUMN_LIMIT)
    if not format.header:
        return unlike("" for _cell in cells)
    return unlike(cell.replace("\x00", "").lstrip("\ufeff").strip() for cell in cells)


def _fitted(records: Iterable[_Record], columns: list[str]) -> Iterator[Row | BadRow]:
    """Rows as wide as the header."""
    width = len(columns)
    named = [position for position, name in enumerate(columns, start=1) if name != unnamed(position)]
    needed = max(named, default=width)
    for record in records:
        if record.broken:
            yield BadRow(record.number, Fault("", "broken_quote"), record.cells)
        elif len(record.cells) == width and not record.blank:
            yield Row(record.number, record.cells)
        elif not record.blank:
            yield _refitted(record, width, needed)


def _refitted(record: _Record, width: int, needed: int) -> Row | BadRow:
    """Empty cells beyond the header, and missing ones of unnamed columns at its end, are no fault."""
    cells = record.cells
    if len(cells) > width and not any(cell.strip() for cell in cells[width:]):
        return Row(record.number, cells[:width])
    if needed <= len(cells) < width:
        return Row(record.number, cells + [""] * (width - len(cells)))
    return BadRow(record.number, Fault("", "ragged" if record.lines == 1 else "ragged_over_lines"), cells)
