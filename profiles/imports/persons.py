"""The part of a mapping that says who a row is about: external id, identifiers, traits."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from profiles.facts import Person
from profiles.imports.mapping import said, typed_traits
from profiles.imports.sheet import Sheet

Content = tuple[tuple[tuple[str, str, bool], ...], tuple[tuple[str, str], ...]]


@dataclass
class PersonColumns:
    """Columns of a sheet: external ids; (namespace, verified, column) of identifiers; (attribute, column) of traits."""

    ids: pa.Array
    identifiers: list[tuple[str, bool, pa.Array]]
    traits: list[tuple[str, pa.Array]]

    def rows(self, keep: pa.Array) -> list[tuple[str | None, Content]]:
        """(external id, what is said) of the rows at `keep`, in their order; equal rows share one answer."""
        columns = [self.ids, *(one[-1] for one in self.identifiers), *(one[-1] for one in self.traits)]
        met: dict[tuple, tuple[str | None, Content]] = {}
        rows = zip(*(column.take(keep).to_pylist() for column in columns), strict=True)
        return [met.get(row) or met.setdefault(row, self._row(row)) for row in rows]

    def _row(self, row: tuple[str | None, ...]) -> tuple[str | None, Content]:
        external_id, *cells = row
        identifiers = zip(self.identifiers, cells, strict=False)
        traits = zip(self.traits, cells[len(self.identifiers) :], strict=True)
        return external_id, (
            tuple((code, cell, verified) for (code, verified, _column), cell in identifiers if cell),
            tuple((code, cell) for (code, _column), cell in traits if cell),
        )


class PersonReader:
    """Reads who the rows of a file are about, as its mapping says."""

    def __init__(self, spec: dict):
        self._spec = spec
        self._typed = typed_traits(spec)
        self.namespace = said(spec.get("external_id", "")).get("namespace")

    def columns(self, sheet: Sheet) -> PersonColumns:
        spec = self._spec
        identifiers = [
            (code, bool(said(cell).get("verified")), sheet.text(cell))
            for code, cells in spec.get("identifiers", {}).items()
            for cell in (cells if isinstance(cells, list) else [cells])
        ]
        traits = [
            (code, getattr(sheet, self._typed.get(code, "text"))(cell)) for code, cell in spec.get("traits", {}).items()
        ]
        return PersonColumns(sheet.text(spec.get("external_id", {"value": ""})), identifiers, traits)

    def person(self, external_id: str, content: Content, observed_at: datetime, row_number: int) -> Person:
        identifiers, traits = content
        return Person(external_id, list(identifiers), dict(traits), observed_at, row_number, self.namespace)
