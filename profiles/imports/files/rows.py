"""What reading gives: rows, bad rows, and blocks of both.

A row's number is what a spreadsheet shows beside it: blank lines, lines before the header and the header count.
In NDJSON it is the line, in Parquet the position, from 1.
"""

import itertools
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

import pyarrow as pa

COLUMN_LIMIT = 2_000
CELL_LIMIT = 1 << 20  # characters


def unlike(names: Iterable[str]) -> list[str]:
    """Names of columns made unlike each other: an empty one is called by its position, a second `x` is `x (2)`."""
    found: dict[str, None] = {}
    for position, name in enumerate(names, start=1):
        name = name or unnamed(position)
        twins = (twin for number in itertools.count(2) if (twin := f"{name} ({number})") not in found)
        found[next(twins) if name in found else name] = None
    return list(found)


def unnamed(position: int) -> str:
    return f"column {position}"


class Row(NamedTuple):
    """cells: in the order of the columns, or (NDJSON) by column."""

    number: int
    cells: list[str] | dict[str, str | None]


class Fault(NamedTuple):
    """Why a row cannot be used: the column (or empty), a stable code, and what to do (empty: as `problems` says)."""

    column: str
    code: str
    detail: str = ""


class BadRow(NamedTuple):
    """A row that cannot be used, with its cells as far as they were read."""

    number: int
    fault: Fault
    cells: list[str] | dict[str, str | None]


@dataclass
class Block:
    """Some thousand rows. `table` holds text columns (null: nothing said), `numbers` the rows' numbers beside it."""

    number: int
    table: pa.Table
    numbers: list[int]
    bad: list[BadRow] = field(default_factory=list)

    def cells(self, position: int) -> dict[str, str | None]:
        """One row as it was read."""
        return {name: self.table[name][position].as_py() for name in self.table.column_names}

    def without(self, faults: dict[int, Fault]) -> "Block":
        """The block with the rows at these positions put among the bad ones."""
        if not faults:
            return self
        bad = self.bad + [BadRow(self.numbers[at], fault, self.cells(at)) for at, fault in faults.items()]
        keep = [position for position in range(len(self.numbers)) if position not in faults]
        table = self.table.take(pa.array(keep, pa.int64()))
        return Block(self.number, table, [self.numbers[at] for at in keep], sorted(bad, key=lambda row: row.number))

    def __len__(self) -> int:
        return len(self.numbers) + len(self.bad)


class Survey(NamedTuple):
    """columns: names in order; rows: how many there are, blank ones left out."""

    columns: list[str]
    rows: int
