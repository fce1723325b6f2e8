"""Decisions on consents that rows of a file tell of, handed to the app that keeps them."""

from datetime import datetime

import pyarrow as pa

from profiles.imports.files.rows import Block, Fault
from profiles.imports.mapping.specification import said
from profiles.imports.mapping.table import MappedTable
from profiles.imports.run import handlers
from profiles.imports.run.handlers import RowDecision
from profiles.imports.run.loading import Load, contents
from profiles.records import WriteOutcome
from profiles.vault import digest

FIELDS = ("purpose", "state", "channel", "wording")


class Decisions:
    """Reads what `consents` of a mapping names, and lets the registered handler record it."""

    def __init__(self, load: Load):
        self._load = load
        self._spec = load.spec.get("consents", [])

    def columns(self, sheet: MappedTable) -> list[dict[str, pa.Array]]:
        """For each consent of the mapping its columns by field."""
        return [
            {name: sheet.moment(cell) if name == "effective_at" else sheet.text(cell) for name, cell in consent.items()}
            for consent in self._spec
        ]

    def rows(self, columns: list[dict[str, pa.Array]], keep: pa.Array) -> list[list[dict[str, str | None]]]:
        """For each row at `keep` its decisions by field; without a state nothing was decided."""
        tables = [pa.table({name: column.take(keep) for name, column in one.items()}).to_pylist() for one in columns]
        return [list(row) for row in zip(*tables, strict=True)] if tables else []

    def record(self, block: Block, people: dict[int, WriteOutcome], rows: list) -> tuple[set[int], dict[int, Fault]]:
        """Let the handler record the decisions of these people.

        Gives the positions of rows with a decision that is new, and the faults of rows that were refused, by position.
        """
        if not rows:
            return set(), {}
        texts = contents(block)
        given = [
            self._said(block.numbers[at], person, texts[at], number, found)
            for at, person in people.items()
            for number, found in enumerate(rows[at])
            if found["state"]
        ]
        answered = handlers.DECISIONS.only(
            file_import=self._load.file_import, said=given, by=self._load.file_import.created_by
        )
        place = {number: position for position, number in enumerate(block.numbers)}
        faults = {
            place[one.row_number]: Fault(self._column(one.field), one.code, one.detail) for one in answered.refusals
        }
        return {place[number] for number in answered.recorded}, faults

    def _said(self, row_number: int, person: WriteOutcome, text: bytes, number: int, found: dict) -> RowDecision:
        moment = found.get("effective_at")
        content = self._load.file_import.mapping_id.bytes + b"%d:" % number + text
        return RowDecision(
            row_number=row_number,
            identity=person.identity,
            record=person.record,
            message_id=digest("consent row", content).hex(),
            effective_at=datetime.fromisoformat(moment) if moment else None,
            **{name: found.get(name) or "" for name in FIELDS},
        )

    def _column(self, field: str) -> str:
        """The column that a refused field came from."""
        for consent in self._spec:
            if column := said(consent.get(field, {})).get("column"):
                return column
        return field
