"""What a kind of destination must do: turn people who go and people who are taken back into files."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class OutgoingTable:
    """Rows of cells under their columns; a cell is a value as it was read, or None."""

    columns: list[str]
    rows: list[list]

    def column(self, name: str) -> set:
        """The cells of a column; none where there is no such column."""
        place = self.columns.index(name) if name in self.columns else None
        return set() if place is None else {row[place] for row in self.rows}

    def by_reference(self, references: Iterable[str]) -> Iterator[tuple[str, dict]]:
        """(reference, its cells by column), empty ones for those that it does not hold. The first column refers."""
        found = {row[0]: dict(zip(self.columns, row, strict=True)) for row in self.rows}
        return ((one, found.get(one) or dict.fromkeys(self.columns)) for one in references)


@dataclass(frozen=True)
class DestinationFile:
    """One file as the destination takes it. `rows` counts people."""

    name: str
    media_type: str
    content: bytes
    rows: int


class FileKind(Protocol):
    """A destination that takes files. Removals are mandatory: without them personal data may not be sent."""

    def files(self, *, sent: OutgoingTable, removed: OutgoingTable) -> list[DestinationFile]:
        """The file of those who go, first; then that of those who are taken back, where there are any."""

    def read(self, content: bytes) -> OutgoingTable:
        """A file of those who went, read again; its cells as text, None for empty ones."""
