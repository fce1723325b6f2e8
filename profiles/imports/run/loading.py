"""What all loaders share: the load at hand, and what became of the rows of a block."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa
import pyarrow.compute as pc

from cdp.base.errors import Violation
from profiles.imports.files.formats import Format
from profiles.imports.files.rows import Block, Fault
from profiles.imports.mapping.specification import said
from profiles.imports.mapping.table import BETWEEN, TEXT
from profiles.imports.mapping.values import Values
from profiles.models import FileImport
from profiles.records import WriteState

COUNTED = {WriteState.NEW: "rows_new", WriteState.UPDATED: "rows_updated", WriteState.UNCHANGED: "rows_unchanged"}


@dataclass
class Load:
    """An import on its way in. `spec` is its mapping as it stood at the start."""

    file_import: FileImport
    spec: dict
    values: Values

    @classmethod
    def of(cls, file_import: FileImport) -> "Load":
        format = Format.of(file_import.format)
        decimal = format.decimal if format.kind == "csv" else "."
        return cls(
            file_import, file_import.mapping.spec, Values(decimal=decimal, time_zone=file_import.source.time_zone)
        )

    @cached_property
    def observed_at(self) -> datetime:
        """When rows that do not say were collected: when the file came, so that resuming changes nothing."""
        return self.file_import.created_at

    def people(self) -> dict:
        """What `records.write` needs to know of each call."""
        file_import = self.file_import
        return {
            "source": file_import.source,
            "file_import": file_import,
            "party": file_import.party,
            "agreement_version": file_import.agreement_version,
        }

    def fault(self, problem: Violation) -> Fault:
        """A problem with a person, told with the column that it came from."""
        spec = self.spec
        cell = spec.get("traits", {}).get(problem.field) or spec.get("identifiers", {}).get(problem.field)
        cell = cell[0] if isinstance(cell, list) else cell or spec.get(problem.field) or spec.get("external_id", "")
        return Fault(said(cell).get("column", problem.field), problem.code, problem.detail)


@dataclass
class Loaded:
    """What became of a block: `states` stand beside the rows of `block`, the rejected ones are among its bad rows.

    ids: the external ids beside the states, where one may come again in a later block.
    left_out: how many identifiers of each column were no identifiers and were left out of rows that went in.
    """

    block: Block
    states: list[WriteState]
    ids: list[str] = field(default_factory=list)
    left_out: Counter = field(default_factory=Counter)

    def counts(self) -> Counter:
        """By column of FileImport."""
        counts = Counter({field: self.states.count(state) for state, field in COUNTED.items()})
        return counts + Counter(rows_rejected=len(self.block.bad))

    def without(self, faults: dict[int, Fault]) -> "Loaded":
        """The same with the rows at these positions rejected."""
        keep = [position for position in range(len(self.states)) if position not in faults]
        states, ids = [self.states[at] for at in keep], [self.ids[at] for at in keep] if self.ids else []
        return Loaded(self.block.without(faults), states, ids, self.left_out)


class Loader(Protocol):
    """Turns blocks into people or events, in two steps, so that the second may be tried again.

    Blocks are read in their order, also those that were written before an interruption.
    """

    def read(self, block: Block) -> Any:
        """What the cells of a block mean. Asks the database nothing that another process may change."""

    def prepare(self, reading: Any) -> None:
        """Make what the writing needs and others would wait for, outside of any transaction."""

    def write(self, reading: Any) -> Loaded:
        """Write what was read, inside the caller's transaction."""

    def forget(self) -> None:
        """What was written last was rolled back."""


def contents(block: Block) -> list[bytes]:
    """Each row as bytes, equal for equal rows whatever the order of columns; empty cells do not count."""
    between = pa.scalar(BETWEEN, TEXT)
    parts = []
    for name in sorted(block.table.column_names):
        cell = block.table[name].combine_chunks()
        cell = pc.if_else(pc.equal(cell, ""), pa.scalar(None, TEXT), cell)
        parts.append(pc.binary_join_element_wise(pa.scalar(name, TEXT), cell, between))
    return pc.binary_join_element_wise(*parts, between, null_handling="skip").cast(pa.large_binary()).to_pylist()
