"""What somebody answered, before it is recorded, and why it may not be."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cdp.base.errors import Violation
from consents.models import VALID_STATES, ActorKind, Channel, ConsentType, Method


class FileRow(NamedTuple):
    """A row of an imported file."""

    file_import: UUID
    number: int


@dataclass(frozen=True, kw_only=True)
class ConsentStatement:
    """One answer of one person to one question.

    The person is named by `profile` (any profile id ever given), by the source `record` it came with, or by an
    `identifier` (namespace code, raw value). `contact` (namespace code, raw value) is the address it is about.
    `notice` is (key, language, version) of the words that were shown. `effective_at` is when the person acted,
    with its zone. `evidence` proves it (a form picture, a call reference) and is kept sealed; what a file reports has
    its `row` instead: the import and the number of the row. `among_test_people` tells whether the person is test
    data; None: whichever it is.
    """

    purpose: str
    state: str
    effective_at: datetime
    source: str
    source_event_id: str
    profile: UUID | None = None
    record: int | None = None
    identifier: tuple[str, str] | None = None
    contact: tuple[str, str] | None = None
    channel: str = Channel.NONE
    controller: str = "own"
    notice: tuple[str, str, int] | None = None
    collection_point: str = ""
    consent_type: str = ConsentType.EXPRESSED
    method: str = Method.CHECKBOX
    actor_kind: str = ActorKind.SUBJECT
    actor_ref: str = ""
    language: str = ""
    jurisdiction: str = ""
    reason_code: str = ""
    evidence: bytes | None = None
    evidence_type: str = "text/plain"
    row: FileRow | None = None
    among_test_people: bool | None = None

    @property
    def grants(self) -> bool:
        return self.state in VALID_STATES

    @property
    def is_proven(self) -> bool:
        """By evidence, or by the row of a file that reports it."""
        return bool(self.evidence or self.row)


@dataclass(frozen=True)
class RefusedStatement:
    """Why one statement may not be recorded, and its place in the list."""

    index: int
    violation: Violation

    def as_error(self) -> dict:
        return self.violation.as_dict() | {"pointer": f"/{self.index}{self.violation.pointer}"}
