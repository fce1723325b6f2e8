"""What imports leave to higher apps, which answer in `AppConfig.ready`, one each: decisions in rows, and agreements."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Protocol
from uuid import UUID

from django.contrib.auth.models import AbstractBaseUser

from cdp.base.extension import ExtensionPoint
from profiles.models import FileImport


@dataclass(frozen=True, slots=True)
class RowDecision:
    """One decision that a row of a file tells of. Texts are as the mapping gave them.

    record: the source record that the row became; message_id: equal for the same row of the same mapping, whatever the
    file is called; effective_at: None where the file does not say; wording: the text the person saw, if it is given.
    """

    row_number: int
    identity: UUID
    record: int
    message_id: str
    purpose: str
    state: str
    channel: str = ""
    effective_at: datetime | None = None
    wording: str = ""


class StatementRefusal(NamedTuple):
    """Why a row's decision was not recorded; the row is rejected with it."""

    row_number: int
    field: str
    code: str
    detail: str


class Answered(NamedTuple):
    """What became of decisions: the numbers of the rows that were new in the ledger, and the refusals."""

    recorded: set[int]
    refusals: list[StatementRefusal]


class RecordDecisions(Protocol):
    """Writes all it can of `said`, inside the block's transaction."""

    def __call__(
        self, *, file_import: FileImport, said: list[RowDecision], by: AbstractBaseUser | None
    ) -> Answered: ...


class RefuseUnlessAgreed(Protocol):
    """Raises a Refused where the agreement of `file_import` is not in force for it."""

    def __call__(self, *, file_import: FileImport) -> None: ...


#: What all decisions of a file may have in common: {field: [(value, title), ...]}.
CommonChoices = Callable[[], dict[str, list[tuple[str, str]]]]

DECISIONS: ExtensionPoint[RecordDecisions] = ExtensionPoint("profiles.imports.run.handlers.decisions")
COMMON_CHOICES: ExtensionPoint[CommonChoices] = ExtensionPoint("profiles.imports.run.handlers.common_choices")
TERMS: ExtensionPoint[RefuseUnlessAgreed] = ExtensionPoint("profiles.imports.run.handlers.terms")
