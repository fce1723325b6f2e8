"""Rows that are people, and rows that are people's decisions: one row a person, or one row a decision."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple

import pyarrow as pa
from django.db import transaction

from cdp.base.memory import gc_paused
from profiles import records
from profiles.identity import resolve
from profiles.imports.files.rows import Block, Fault
from profiles.imports.mapping.persons import PersonColumns, PersonReader
from profiles.imports.mapping.table import MappedTable, chosen
from profiles.imports.run.consents import Decisions
from profiles.imports.run.loading import Load, Loaded
from profiles.models.sources import RowKind
from profiles.records import Person, WriteOutcome, WriteState


class PeopleSheet(NamedTuple):
    """The usable rows of a block as people, with the decisions of each."""

    block: Block
    people: list[Person]
    decisions: list


class Customers:
    """Loads blocks of customers, with their decisions on consents where the mapping names them."""

    def __init__(self, load: Load):
        self._load = load
        self._reader = PersonReader(load.spec)
        self._decisions = Decisions(load)

    @gc_paused()
    def read(self, block: Block) -> PeopleSheet:
        spec = self._load.spec
        sheet = MappedTable(chosen(block, spec.get("when", [])), self._load.values)
        columns = self._reader.columns(sheet)
        sheet.require(columns.ids, spec["external_id"])
        observed = sheet.moment(spec["observed_at"]) if "observed_at" in spec else None
        said = self._decisions.columns(sheet)
        block, keep = sheet.fitting()
        people = list(self._people(block, keep, columns, observed))
        return PeopleSheet(block, people, self._decisions.rows(said, keep))

    @gc_paused()
    def write(self, reading: PeopleSheet) -> Loaded:
        """A row goes in whole or not at all: where decisions are refused, all is written again without their rows."""
        out: dict[int, Fault] = {}
        while True:
            with transaction.atomic():
                loaded, refused = self._write(reading, out)
                transaction.set_rollback(bool(refused))
            if not refused:
                return loaded
            out |= refused

    def _write(self, reading: PeopleSheet, out: dict[int, Fault]) -> tuple[Loaded, dict[int, Fault]]:
        """Write all but the rows at `out`; give what became of them, and the rows whose decisions were refused."""
        kept = [at for at in range(len(reading.people)) if at not in out]
        written = records.write(people=[reading.people[at] for at in kept], **self._load.people())
        resolve(identities=written.touched, holding=written.identities)
        people = [WriteOutcome(WriteState.REFUSED)] * len(reading.people)
        for at, one in zip(kept, written.people, strict=True):
            people[at] = one
        faults = out | self._refused(dict(zip(kept, written.people, strict=True)))
        fitting = {at: one for at, one in enumerate(people) if at not in faults}
        recorded, refused = self._decisions.record(reading.block, fitting, reading.decisions)
        return self._counted(reading, people, recorded).without(faults), refused

    def prepare(self, reading: PeopleSheet) -> None:
        """People need no place made for them."""

    def forget(self) -> None:
        """Nothing is remembered from block to block."""

    def _people(self, block: Block, keep: pa.Array, columns: PersonColumns, observed) -> Iterator[Person]:
        moments = observed.take(keep).to_pylist() if observed is not None else [None] * len(keep)
        codes, people = columns.distinct(keep)
        for code, moment, number in zip(codes.to_pylist(), moments, block.numbers, strict=True):
            external_id, content = people[code]
            seen = datetime.fromisoformat(moment) if moment else self._load.observed_at
            yield self._reader.person(external_id, content, seen, number)

    def _refused(self, people: dict[int, WriteOutcome]) -> dict[int, Fault]:
        return {at: self._load.fault(one.problems[0]) for at, one in people.items() if one.state == WriteState.REFUSED}

    def _counted(self, reading: PeopleSheet, people: list[WriteOutcome], recorded: set[int]) -> Loaded:
        """A row of people counts by what became of the person, a row of decisions as new where one was recorded."""
        states = [one.state for one in people]
        left_out = Counter(self._load.fault(note).column for one in people for note in one.notes)
        if self._load.file_import.mapping.rows == RowKind.CONSENTS:
            states = [WriteState.NEW if at in recorded else state for at, state in enumerate(states)]
            return Loaded(reading.block, states, left_out=left_out)
        ids = [person.external_id for person in reading.people]
        return Loaded(reading.block, states, ids, left_out)
