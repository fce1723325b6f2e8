"""A block of rows seen through a mapping: columns of values, and the rows that do not fit."""

from collections.abc import Callable

import pyarrow as pa
import pyarrow.compute as pc

from profiles.imports.files.rows import Block, Fault
from profiles.imports.mapping.specification import columns_in, said
from profiles.imports.mapping.values import Unreadable, Values, product, products

TEXT = pa.large_string()
BETWEEN = "\x00"  # stands in no cell: rows that hold it are rejected


class MappedTable:
    """Reads cells of the mapping language column by column; each result has one entry a row (null: nothing said).

    `faults` gathers {position: Fault} of rows that cannot be used; the first fault of a row stands.
    """

    def __init__(self, block: Block, values: Values):
        self._block = block
        self._values = values
        self._columns: dict[str, pa.Array] = {}
        self._results: dict[tuple, pa.Array] = {}
        self.faults: dict[int, Fault] = {}

    def text(self, cell: str | dict) -> pa.Array:
        cell = said(cell)
        if "value" in cell:
            return pa.repeat(pa.scalar(cell["value"] or None, TEXT), len(self._block.numbers))
        if "join" in cell:
            return self._joined(cell)
        if "multiply" in cell:
            return self._product(*cell["multiply"])
        return self._adjusted(self._column(cell["column"]), cell)

    def number(self, cell: str | dict) -> pa.Array:
        """Canonical numbers as text."""
        return self.text(cell) if "multiply" in said(cell) else self._read(cell, self._values.number)

    def moment(self, cell: str | dict) -> pa.Array:
        """Moments as ISO 8601 text in UTC."""
        return self._read(cell, self._values.moment)

    def day(self, cell: str | dict) -> pa.Array:
        """Dates as ISO 8601 text."""
        return self._read(cell, self._values.day)

    def products(self, cell: str | dict) -> pa.Array:
        """Lists of objects, one a product, as JSON text."""
        return self._each(self.text(cell), cell, products)

    def short(self, cell: str | dict, limit: int) -> pa.Array:
        """Text of at most `limit` characters."""
        found = self.text(cell)
        too_long = pc.greater(pc.utf8_length(found), limit).fill_null(False)
        self._blame(pc.indices_nonzero(too_long).to_pylist(), cell, "too_long")
        return found

    def require(self, found: pa.Array, cell: str | dict) -> pa.Array:
        """The same column; rows without a value in it are faults."""
        self._blame(pc.indices_nonzero(pc.is_null(found)).to_pylist(), cell, "missing_required")
        return found

    def fitting(self) -> tuple[Block, pa.Array]:
        """The block with its faulty rows put among the bad ones, and the positions of the others."""
        keep = [at for at in range(len(self._block.numbers)) if at not in self.faults]
        return self._block.without(self.faults), pa.array(keep, pa.int64())

    def _column(self, name: str) -> pa.Array:
        """Trimmed; blank is null, and so is a column that this block has not."""
        if name not in self._columns:
            if name not in self._block.table.column_names:
                return pa.nulls(len(self._block.numbers), TEXT)
            found = _one(pc.utf8_trim_whitespace(self._block.table[name]))
            self._columns[name] = pc.if_else(pc.equal(found, ""), pa.scalar(None, TEXT), found)
        return self._columns[name]

    def _adjusted(self, found: pa.Array, cell: dict) -> pa.Array:
        if "values" in cell:
            found = self._each(found, cell, _translation(cell["values"]))
        if "default" in cell:
            found = found.fill_null(cell["default"])
        return self.require(found, cell) if cell.get("required") else found

    def _joined(self, cell: dict) -> pa.Array:
        parts = [self._column(name) for name in cell["join"]]
        found = pc.binary_join_element_wise(*parts, pa.scalar(cell.get("with", " "), TEXT), null_handling="skip")
        return pc.if_else(pc.equal(found, ""), pa.scalar(None, TEXT), found)

    def _product(self, left: str, right: str) -> pa.Array:
        pairs = pc.binary_join_element_wise(self.number(left), self.number(right), pa.scalar(BETWEEN, TEXT))
        return self._each(pairs, {"multiply": [left, right]}, lambda pair: product(*pair.split(BETWEEN)))

    def _read(self, cell: str | dict, read: Callable) -> pa.Array:
        form = said(cell).get("form")
        if (read, form, str(cell)) not in self._results:
            self._results[read, form, str(cell)] = self._each(self.text(cell), cell, lambda text: read(text, form))
        return self._results[read, form, str(cell)]

    def _each(self, column: pa.Array, cell: str | dict, read: Callable[[str], str]) -> pa.Array:
        """`read` on each different text of a column, once."""
        coded = column.dictionary_encode()
        results: list[str | None] = []
        for place, text in enumerate(coded.dictionary.to_pylist()):
            try:
                results.append(read(text))
            except Unreadable as trouble:
                results.append(None)
                self._blame(pc.indices_nonzero(pc.equal(coded.indices, place)).to_pylist(), cell, str(trouble))
        return pa.array(results, TEXT).take(coded.indices)

    def _blame(self, positions: list[int], cell: str | dict, code: str) -> None:
        cell = said(cell)
        column = ", ".join(columns_in(cell))
        for position in positions:
            self.faults.setdefault(position, Fault(column, code))


def _translation(values: dict[str, str]) -> Callable[[str], str]:
    known = {text.casefold(): meaning for text, meaning in values.items()}

    def translated(text: str) -> str:
        try:
            return known[text.casefold()]
        except KeyError:
            raise Unreadable("unknown_value") from None

    return translated


def distinct(columns: list[pa.Array]) -> tuple[pa.Array, list[tuple[str | None, ...]]]:
    """(code of each row, the different rows by code) of some columns side by side."""
    filled = [column.fill_null("") for column in columns]
    coded = pc.binary_join_element_wise(*filled, pa.scalar(BETWEEN, TEXT)).dictionary_encode()
    return coded.indices, [tuple(cell or None for cell in row.split(BETWEEN)) for row in coded.dictionary.to_pylist()]


def _one(column: pa.ChunkedArray | pa.Array) -> pa.Array:
    return column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column


def chosen(block: Block, conditions: list[dict]) -> Block:
    """The rows of a block that meet all conditions of a mapping's `when`; the others are left out, not refused."""
    if not conditions:
        return block
    mask = pa.repeat(True, len(block.numbers))
    for condition in conditions:
        column = _one(pc.utf8_trim_whitespace(block.table[condition["column"]])).fill_null("")
        meets = pc.is_in(column, pa.array(condition.get("in") or condition["not_in"], TEXT))
        mask = pc.and_(mask, meets if "in" in condition else pc.invert(meets))
    keep = pc.indices_nonzero(mask)
    numbers = [block.numbers[position] for position in keep.to_pylist()]
    return Block(block.number, block.table.take(keep), numbers, block.bad)
