"""Rows that are people, and rows that are people's decisions: one row a person, or one row a decision."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import pyarrow as pa

from profiles import facts
from profiles.facts import Outcome, Person, State
from profiles.imports.decisions import Decisions
from profiles.imports.loading import Load, Loaded
from profiles.imports.persons import PersonColumns, PersonReader
from profiles.imports.rows import Block
from profiles.imports.sheet import Sheet, chosen
from profiles.resolution import resolve


class Customers:
    """Loads blocks of customers, with their decisions on consents where the mapping names them."""

    def __init__(self, load: Load):
        self._load = load
        self._reader = PersonReader(load.spec)
        self._decisions = Decisions(load)

    def load(self, block: Block) -> Loaded:
        block = chosen(block, self._load.spec.get("when", []))
        sheet = Sheet(block, self._load.values)
        columns = self._reader.columns(sheet)
        sheet.require(columns.ids, self._load.spec["external_id"])
        observed = sheet.moment(self._load.spec["observed_at"]) if "observed_at" in self._load.spec else None
        said = self._decisions.columns(sheet)
        block, keep = sheet.fitting()
        people = list(self._people(block, keep, columns, observed))
        written = facts.write(people=people, **self._load.people())
        resolve(subjects=written.touched)
        loaded = Loaded(block, [one.state for one in written.people], [person.external_id for person in people])
        return self._answered(loaded, written.people, self._decisions.rows(said, keep))

    def skip(self, block: Block) -> None:
        """What was loaded before stays loaded; a later row of the same person finds it in the database."""

    def _people(self, block: Block, keep: pa.Array, columns: PersonColumns, observed) -> Iterator[Person]:
        moments = observed.take(keep).to_pylist() if observed is not None else [None] * len(keep)
        for (external_id, content), moment, number in zip(columns.rows(keep), moments, block.numbers, strict=True):
            seen = datetime.fromisoformat(moment) if moment else self._load.observed_at
            yield self._reader.person(external_id, content, seen, number)

    def _answered(self, loaded: Loaded, people: list[Outcome], decisions: list) -> Loaded:
        faults = {at: self._load.fault(one.problems[0]) for at, one in enumerate(people) if one.state == State.REFUSED}
        loaded.left_out = Counter(self._load.fault(note).column for one in people for note in one.notes)
        written = {at: one for at, one in enumerate(people) if at not in faults}
        return loaded.without(faults | self._decisions.record(loaded.block, written, decisions))
