"""What each table is, and so what the database refuses of it: each app declares its own in `models/tables.py`.

- evidence: what was said, decided or sent. No column changes but those named; a row goes only in an erasure, or never.
- moving: a piece of work whose state goes by steps; in each state only the named columns may still be written.
- guarded: triggers of its own in `<app>/sql/` hold the whole row.
- reference: may change, and every change has its row in the history, which is evidence; so has a change of what it is
  linked to: its many-to-many relations, and the rows that are named.
- projection: folded from evidence, and folded again at any time.
- working: queues, sessions and the like; nobody proves anything by it.

Fields are given as words in one string, as one reads them. The same declarations make the guards
(`cdp.base.database.triggers`) and sweep them (`cdp.operations.guards`).
"""

import json
from dataclasses import dataclass, field
from functools import cached_property

from django.apps import apps
from django.db.models import Model


@dataclass(frozen=True)
class Table:
    """One model and what it is. Made by the functions below."""

    model: str
    kind: str
    may_change: str = ""
    once: str = ""
    deleted: str = "never"
    begins: str = ""
    steps: dict[str, str] = field(default_factory=dict)
    writes: dict[str, str] = field(default_factory=dict)
    by: str = ""
    rows: str = ""

    @property
    def of(self) -> type[Model]:
        return apps.get_model(self.model)

    @property
    def name(self) -> str:
        """The table in the database."""
        return self.of._meta.db_table

    @cached_property
    def history(self) -> type[Model] | None:
        """The model of its history, where it is tracked and its history is not declared as a ledger of its own."""
        return self.of.history.model if self.kind == "reference" else None

    @property
    def histories(self) -> list[type[Model]]:
        """The model of its history, and those that keep what it was linked to."""
        links = self.history._history_m2m_fields if self.history else []
        return [*filter(None, [self.history]), *(getattr(self.history, link.name).model for link in links)]

    @property
    def links(self) -> dict[type[Model], str]:
        """{model of what it is linked to: the column that names it} whose changes are in its history."""
        links = self.history._history_m2m_fields if self.history else []
        rows = [self.of._meta.get_field(name) for name in self.rows.split()]
        return {link.remote_field.through: link.m2m_column_name() for link in links} | {
            row.related_model: row.field.column for row in rows
        }

    def columns(self, fields: str) -> list[str]:
        return [self.of._meta.get_field(name).column for name in fields.split()]

    def guards(self) -> list[str]:
        """Calls of the functions of cdp/sql/guards.sql that guard the table as it is now, whatever it had before."""
        calls = {"evidence": self._append_only, "moving": self._moving, "reference": self._tracked}
        own = calls[self.kind]() if self.kind in calls else []
        return [_call("unguard", self.name), *own] if own else []

    def _append_only(self) -> list[str]:
        free = self.columns(f"{self.may_change} {self.once}")
        guard = _call("make_append_only", self.name, _array(free), _text(self.deleted))
        return [guard, _call("write_once", self.name, _array(self.columns(self.once)))] if self.once else [guard]

    def _moving(self) -> list[str]:
        states = {
            state: {"to": self.steps.get(state, "").split(), "writes": self.columns(self.writes.get(state, ""))}
            for state in {**self.steps, **self.writes}
        }
        rules = json.dumps({"begins": self.begins.split(), "states": states})
        guard = _call("let_state_move", self.name, _text(rules), _text(self.deleted))
        return [guard, _call("write_once", self.name, _array(self.columns(self.once)))] if self.once else [guard]

    def _tracked(self) -> list[str]:
        history = self.history._meta.db_table
        untracked = self.columns(" ".join(self.untracked))
        return [
            *(_call("unguard", one._meta.db_table) for one in [*self.histories, *self.links]),
            *(_call("make_append_only", one._meta.db_table, _array([]), _text("never")) for one in self.histories),
            _call("guard_history", self.name, _text(history), _array(untracked)),
            *(
                _call("guard_link", link._meta.db_table, _text(history), _text(column))
                for link, column in self.links.items()
            ),
        ]

    @property
    def untracked(self) -> list[str]:
        """Fields that change without history, as `tracked(excluded=...)` says."""
        return sorted(self.history._history_excluded_fields)


def evidence(model: str, *, may_change: str = "", once: str = "", deleted: str = "never") -> Table:
    """once: written later, together, and never again: when the first of them is set, all of them stand.

    deleted: "never", "erasing" (inside an erasure) or "always".
    """
    return Table(model, "evidence", may_change=may_change, once=once, deleted=deleted)


def moving(
    model: str, *, begins: str, steps: dict[str, str], writes: dict[str, str], once: str = "", deleted: str = "never"
) -> Table:
    """Evidence with a `state`. steps: {state: states after it}; writes: {state: fields that may be written in it}."""
    return Table(model, "moving", begins=begins, steps=steps, writes=writes, once=once, deleted=deleted)


def guarded(model: str, *, by: str) -> Table:
    """by: the names of its own triggers, which together see every change of every column."""
    return Table(model, "guarded", by=by)


def reference(model: str, *, by: str = "", rows: str = "") -> Table:
    """rows: names of relations whose rows belong to it, so that their change is one of its history."""
    return Table(model, "reference", by=by, rows=rows)


def projection(*models: str) -> list[Table]:
    return [Table(model, "projection") for model in models]


def working(*models: str) -> list[Table]:
    return [Table(model, "working") for model in models]


def _call(function: str, table: str, *arguments: str) -> str:
    """Called where the table exists: a later migration makes it, and guards it then."""
    found = f"to_regclass({_text(table)})"
    return f"SELECT kendt_{function}({', '.join([found, *arguments])}) WHERE {found} IS NOT NULL"


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def _array(names: list[str]) -> str:
    return _text("{" + ",".join(names) + "}")
