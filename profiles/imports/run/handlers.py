"""What imports leave to higher apps, which register in `AppConfig.ready`: decisions in rows, and agreements."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID


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


_registered: dict[str, Callable] = {}


def register(kind: str, handler: Callable) -> None:
    """Let `handler` do what imports ask for by `kind`:

    "consents": handler(file_import=, said=[RowDecision, ...], by=) inside the block's transaction writes all it can
    and gives an Answered. "constants": handler() gives what all decisions of a file may have in common, as {field:
    [(value, title), ...]}. "terms": handler(file_import=) raises a Refused where the file_import's agreement is not
    in force for it.
    """
    _registered[kind] = handler


def of(kind: str) -> Callable | None:
    return _registered.get(kind)
