"""The part of a mapping that says who a row is about: external id, identifiers, traits."""

from dataclasses import dataclass
from datetime import datetime

import pyarrow as pa

from profiles.imports.mapping.specification import said, typed_traits
from profiles.imports.mapping.table import MappedTable, distinct
from profiles.records import Person

NOBODY = {"value": ""}
#: Identifiers and traits; and with the external id, None for nobody.
Content = tuple[tuple[tuple[str, str, bool], ...], tuple[tuple[str, str], ...]]

Said = tuple[str | None, Content]


@dataclass
class PersonColumns:
    """Columns of a sheet: external ids; (namespace, verified, column) of identifiers; (attribute, column) of traits."""

    ids: pa.Array
    identifiers: list[tuple[str, bool, pa.Array]]
    traits: list[tuple[str, pa.Array]]

    def distinct(self, keep: pa.Array) -> tuple[pa.Array, list[Said]]:
        """(code of each of the rows at `keep`, the different (external id, what is said) by code)."""
        columns = [self.ids, *(one[-1] for one in self.identifiers), *(one[-1] for one in self.traits)]
        codes, rows = distinct([column.take(keep) for column in columns])
        return codes, [self._row(row) for row in rows]

    def _row(self, row: tuple[str | None, ...]) -> Said:
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

    def columns(self, sheet: MappedTable) -> PersonColumns:
        spec = self._spec
        identifiers = [
            (code, bool(said(cell).get("verified")), sheet.text(cell))
            for code, cells in spec.get("identifiers", {}).items()
            for cell in (cells if isinstance(cells, list) else [cells])
        ]
        traits = [
            (code, getattr(sheet, self._typed.get(code, "text"))(cell)) for code, cell in spec.get("traits", {}).items()
        ]
        return PersonColumns(sheet.text(spec.get("external_id", NOBODY)), identifiers, traits)

    def person(self, external_id: str, content: Content, observed_at: datetime, row_number: int) -> Person:
        identifiers, traits = content
        return Person(external_id, list(identifiers), dict(traits), observed_at, row_number, self.namespace)
