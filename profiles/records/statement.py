"""What goes into the writer and what comes out of it."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from cdp.base.errors import Violation


@dataclass(slots=True)
class Person:
    """What one source says of one person at one moment.

    external_id: the id that the source gives; `namespace` says which kind of identifier it is (None: the source's
    own number; "device" for somebody known by a device only). It is an identifier as well and need not be repeated.
    identifiers: (namespace code, raw value, verified). traits: raw value by attribute code; empty says nothing.
    observed_at: when the source gathered it (None: now). row_number: the row of a file.
    lenient: what cannot be read is left out with a note, and does not refuse the person.
    """

    external_id: str
    identifiers: list[tuple[str, str, bool]] = field(default_factory=list)
    traits: dict[str, object] = field(default_factory=dict)
    observed_at: datetime | None = None
    row_number: int | None = None
    namespace: str | None = None
    lenient: bool = False


class WriteState(StrEnum):
    NEW = "new"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    REFUSED = "refused"


@dataclass(slots=True)
class WriteOutcome:
    """What became of one person: the identity and the record that holds what was said, or the problems.

    A refused person has problems and no record. `notes` tell of identifiers and values that were left out of
    a written one.
    """

    state: WriteState
    identity: UUID | None = None
    record: int | None = None
    problems: list[Violation] = field(default_factory=list)
    notes: list[Violation] = field(default_factory=list)


@dataclass(slots=True)
class Written:
    """One outcome for each person, in the order they were given."""

    people: list[WriteOutcome]

    @property
    def touched(self) -> set[UUID]:
        """Identities about whom something new was said: what has to be resolved."""
        return {one.identity for one in self.people if one.state in {WriteState.NEW, WriteState.UPDATED}}

    @property
    def identities(self) -> set[UUID]:
        """Everybody who was not refused, also those of whom nothing new was said."""
        return {one.identity for one in self.people if one.identity}

    @property
    def counts(self) -> Counter:
        return Counter(one.state for one in self.people)
