"""A definition becomes one parametrised SQL statement that selects profile ids."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from segments.language.calendar import Clock
from segments.language.nodes import Frame
from segments.language.parsing import Definition
from segments.language.vocabulary import Catalogue

LIVING = "SELECT p.id AS profile_id FROM profiles_profile p WHERE NOT p.is_test AND p.erased_at IS NULL"


@dataclass(frozen=True)
class Statement:
    """SQL that selects `profile_id` of living people, each once, and its parameters."""

    sql: str
    params: tuple


def frame(definition: Definition, *, as_of: datetime, only: list[UUID] | None = None, catalogue=None) -> Frame:
    """What the rule is computed in; `only` narrows every part of it to these people."""
    clock = Clock(as_of, definition.zone)
    return Frame(clock, catalogue or Catalogue.load(), None if only is None else tuple(only))


def compile(definition: Definition, *, as_of: datetime, only: list[UUID] | None = None, catalogue=None) -> Statement:
    """Whom `definition` means at `as_of`. The instant is a literal: the same data give the same people."""
    around = frame(definition, as_of=as_of, only=only, catalogue=catalogue)
    people = definition.rule.people(around)
    narrowed, params = around.narrowed("p.id")
    return Statement(f"{LIVING}{narrowed} AND {people.holds_for('p.id')}", (*params, *people.params))
