"""The part of a mapping that says who a row is about: external id, identifiers, traits."""

from collections.abc import Iterator
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

    def rows(self, keep: pa.Array) -> Iterator[tuple[str | None, Content]]:
        """(external id, what is said) of the rows at `keep`, in their order."""
        ids = self.ids.take(keep).to_pylist()
        identifiers = [column.take(keep).to_pylist() for _code, _verified, column in self.identifiers]
        traits = [column.take(keep).to_pylist() for _code, column in self.traits]
        for position, external_id in enumerate(ids):
            yield (
                external_id,
                (
                    tuple(
                        (code, found, verified)
                        for (code, verified, _column), column in zip(self.identifiers, identifiers, strict=True)
                        if (found := column[position])
                    ),
                    tuple(
                        (code, found)
                        for (code, _column), column in zip(self.traits, traits, strict=True)
                        if (found := column[position])
                    ),
                ),
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
