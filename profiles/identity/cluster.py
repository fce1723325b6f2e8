"""Identities held to be one person so far, as the rule sees them."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime
from uuid import UUID


@dataclass(slots=True, eq=False)
class Cluster:
    """Identities held to be one person so far, and everything that may tell them from others.

    known: by more than a device. own: one of our own people. torn: borrowed data that fit several of our own people.
    """

    members: list[UUID]
    values: dict[int, set[UUID]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)
    births: set[date] = field(default_factory=set)
    enemies: set[UUID] = field(default_factory=set)
    known: bool = False
    own: bool = True
    torn: bool = False

    def take(self, other: "Cluster") -> None:
        self.members += other.members
        for namespace, values in other.values.items():
            self.values[namespace] |= values
        self.names |= other.names
        self.births |= other.births
        self.enemies |= other.enemies
        self.known |= other.known
        self.own |= other.own
        self.torn |= other.torn

    def told_apart(self, other: "Cluster") -> bool:
        """By a steward."""
        small, large = sorted((self, other), key=lambda cluster: len(cluster.members))
        return not large.enemies.isdisjoint(small.members)

    def never_joined_by_borrowed(self, other: "Cluster") -> bool:
        """Whether both are our own people, or one is and the other fits several of these."""
        return (self.own and (other.own or other.torn)) or (self.torn and other.own)


@dataclass(slots=True)
class EarlierClaimant:
    """A cluster as one value knows it: who claimed the value first, and between which moments it was claimed."""

    identity: UUID
    first: datetime
    last: datetime

    def extend(self, first: datetime, last: datetime) -> None:
        self.first, self.last = min(self.first, first), max(self.last, last)
