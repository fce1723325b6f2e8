"""Samples of each class of rows for a dry run, masked, so that they may be kept and shown."""

from collections import Counter

from profiles.imports.advice import advice
from profiles.imports.files.rows import BadRow
from profiles.imports.mapping.specification import cells_of, columns_in
from profiles.imports.run.loading import Load, Loaded
from profiles.ingestion.events.personal_properties import is_personal
from profiles.models import Attribute
from profiles.models.reference import Classification
from profiles.records import WriteState
from profiles.vault import mask

MOST = 20  # of each class
LONGEST = 60  # characters of a cell


class Samples:
    """Gathers samples over the blocks of a dry run; somebody new in two blocks, the first rolled back, is new once."""

    def __init__(self, load: Load):
        self._columns, self._personal = _sight(load.spec)
        self._found: dict[str, list[dict]] = {state: [] for state in ("new", "updated", "unchanged", "rejected")}
        self._left_out: Counter = Counter()
        self._met: set[str] = set()

    def add(self, loaded: Loaded) -> Counter:
        """Take samples; give the counts of the block."""
        self._correct(loaded)
        for position, state in enumerate(loaded.states):
            if len(self._found[state]) < MOST:
                cells = self._shown(loaded.block.cells(position))
                self._found[state].append({"row": loaded.block.numbers[position], "cells": cells})
        for row in loaded.block.bad[: MOST - len(self._found["rejected"])]:
            self._found["rejected"].append(self._refused(row))
        self._left_out += loaded.left_out
        return loaded.counts()

    def as_dict(self) -> dict:
        return {**self._found, "left_out": self._left_out}

    def _correct(self, loaded: Loaded) -> None:
        for position, external_id in enumerate(loaded.ids):
            if loaded.states[position] == WriteState.NEW and external_id in self._met:
                loaded.states[position] = WriteState.UPDATED
        self._met.update(loaded.ids)

    def _refused(self, row: BadRow) -> dict:
        cells = self._shown(row.cells) if isinstance(row.cells, dict) else {}
        return {
            "row": row.number,
            "column": row.fault.column,
            "code": row.fault.code,
            "detail": advice(row.fault),
            "cells": cells,
        }

    def _shown(self, cells: dict[str, str | None]) -> dict[str, str]:
        return {column: self._masked(column, text) for column in self._columns if (text := cells.get(column))}

    def _masked(self, column: str, text: str) -> str:
        text = mask(text) if column in self._personal or is_personal(column, text) else text
        return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


def _sight(spec: dict) -> tuple[list[str], set[str]]:
    """The columns that a mapping reads, and those of them that hold personal values."""
    sealed = {Classification.DIRECT, Classification.SPECIAL}
    traits = set(Attribute.objects.filter(classification__in=sealed).values_list("code", flat=True))
    columns: dict[str, None] = {}
    personal: set[str] = set()
    for pointer, cell in cells_of(spec):
        columns |= dict.fromkeys(columns_in(cell))
        place, _slash, rest = pointer[1:].partition("/")
        if place in {"external_id", "identifiers"} or (place == "traits" and rest in traits) or "personal/" in rest:
            personal |= set(columns_in(cell))
    return list(columns), personal
