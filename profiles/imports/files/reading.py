"""A file as blocks of rows, whatever its format. One bad row never stops the rest; memory is bounded by the block."""

from collections.abc import Iterable, Iterator
from typing import BinaryIO

import pyarrow as pa
import pyarrow.compute as pc

from profiles.imports.errors import NoHeader
from profiles.imports.files import ndjson, parquet, separated
from profiles.imports.files.formats import Format
from profiles.imports.files.lines import Lines
from profiles.imports.files.rows import CELL_LIMIT, BadRow, Block, Fault, Row, Survey

BLOCK_SIZE = 64 << 20  # characters, so that long rows make smaller blocks


def survey(file: BinaryIO, format: Format) -> Survey:
    """Read the whole file once and load nothing. Raises a FileRefused for what makes the file as a whole doubtful."""
    if format.kind == "parquet":
        return parquet.survey(file)
    if format.kind == "csv":
        columns, rows, _lines = separated.opened(file, format)
        return Survey(columns, sum(1 for _row in rows))
    return _survey_ndjson(ndjson.opened(file, format)[0])


def _survey_ndjson(rows: Iterable[Row | BadRow]) -> Survey:
    columns: dict[str, None] = {}
    count = 0
    for row in rows:
        count += 1
        if isinstance(row, Row):
            columns |= dict.fromkeys(row.cells)
    if not columns:
        raise NoHeader
    return Survey(list(columns), count)


def blocks(file: BinaryIO, format: Format, *, size: int) -> Iterator[Block]:
    """The rows of a seekable file; cut at the same places each time the same file is read in the same format."""
    if format.kind == "parquet":
        return _numbered(parquet.tables(file, size=size))
    if format.kind == "csv":
        columns, rows, lines = separated.opened(file, format)
        return (_block(number, piece, columns) for number, piece in enumerate(_pieces(rows, lines, size)))
    rows, lines = ndjson.opened(file, format)
    return (_block(number, piece, None) for number, piece in enumerate(_pieces(rows, lines, size)))


def _numbered(tables: Iterable[pa.Table]) -> Iterator[Block]:
    done = 0
    for number, table in enumerate(tables):
        yield _checked(Block(number, table, list(range(done + 1, done + 1 + table.num_rows))))
        done += table.num_rows


def _pieces(rows: Iterable[Row | BadRow], lines: Lines, size: int) -> Iterator[list[Row | BadRow]]:
    piece: list[Row | BadRow] = []
    start = lines.size
    for row in rows:
        piece.append(row)
        if len(piece) >= size or lines.size - start > BLOCK_SIZE:
            yield piece
            piece, start = [], lines.size
    if piece:
        yield piece


def _block(number: int, piece: list[Row | BadRow], columns: list[str] | None) -> Block:
    good = [row for row in piece if isinstance(row, Row)]
    block = Block(
        number,
        _by_position(good, columns) if columns is not None else _by_name(good),
        [row.number for row in good],
        [row for row in piece if isinstance(row, BadRow)],
    )
    return _checked(block)


def _by_position(rows: list[Row], columns: list[str]) -> pa.Table:
    cut = zip(*(row.cells for row in rows), strict=True) if rows else ([] for _name in columns)
    return pa.table([pa.array(cells, pa.large_string()) for cells in cut], names=columns)


def _by_name(rows: list[Row]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row.cells))
    return pa.table({name: pa.array([row.cells.get(name) for row in rows], pa.large_string()) for name in names})


CELL_TESTS = {
    "nul_character": lambda column: pc.match_substring(column, "\x00"),
    "cell_too_large": lambda column: pc.greater(pc.binary_length(column), CELL_LIMIT),
}


def _checked(block: Block) -> Block:
    """The block, its rows that hold a NUL or a giant cell put among the bad ones."""
    faults: dict[int, Fault] = {}
    for name, column in zip(block.table.column_names, block.table.columns, strict=True):
        for code, test in CELL_TESTS.items():
            for position in pc.indices_nonzero(test(column).fill_null(False)).to_pylist():
                faults.setdefault(position, Fault(name, code))
    return block.without(faults)
