"""What a kind of destination must do: turn people who go and people who are taken back into files."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Sheet:
    """Rows of cells under their columns; a cell is a value as it was read, or None."""

    columns: list[str]
    rows: list[list]


@dataclass(frozen=True)
class DestinationFile:
    """One file as the destination takes it. `rows` counts people."""

    name: str
    media_type: str
    content: bytes
    rows: int


class FileKind(Protocol):
    """A destination that takes files. Removals are mandatory: without them personal data may not be sent."""

    def files(self, *, sent: Sheet, removed: Sheet) -> list[DestinationFile]:
        """The file of those who go, first; then that of those who are taken back, where there are any."""
