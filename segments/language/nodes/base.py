"""What every node answers: is it sound, whom does it mean, how is it said, why does it hold for one person."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from cdp.base.errors import Violation
from segments.language.calendar import Clock
from segments.language.sets import PeopleSet
from segments.language.vocabulary import Catalogue


@dataclass(frozen=True)
class Frame:
    """What a rule is computed in: the moment, the vocabulary, and perhaps only some people."""

    clock: Clock
    catalogue: Catalogue
    only: tuple[UUID, ...] | None = None

    def narrowed(self, column: str) -> tuple[str, tuple]:
        """A condition that keeps only the people asked about."""
        if self.only is None:
            return "", ()
        return f" AND {column} = ANY(%s)", (list(self.only),)


@dataclass
class Node:
    """One node of a rule; `body` has passed the schema."""

    key: ClassVar[str]
    body: dict
    pointer: str
    children: tuple["Node", ...] = ()

    def check(self, catalogue: Catalogue) -> Iterator[Violation]:
        """Problems that only the vocabulary can tell."""
        raise NotImplementedError

    def people(self, frame: Frame) -> PeopleSet:
        raise NotImplementedError

    def clause(self, catalogue: Catalogue) -> str:
        """The node as a relative clause: "whose country is “DK”"."""
        raise NotImplementedError

    def explain(self, profile: UUID, frame: Frame) -> dict:
        """{"value": ..., "evidence": [{...}]}: what the answer for `profile` rests on."""
        return {"value": None, "evidence": []}

    def problem(self, place: str, code: str, detail: str) -> Violation:
        return Violation(f"{self.pointer}/{place}", code, str(detail))

    def walk(self) -> Iterator["Node"]:
        """This node and all below it."""
        yield self
        for child in self.children:
            yield from child.walk()
