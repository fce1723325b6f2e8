"""The rule itself, without a database: sorted links, added one by one, each refused that would join two people.

A link is one subject's claim on one identifier value. Subjects that claim the same value are joined through it,
unless their clusters are told apart: by a steward, by an anchor, by a limit, or by want of support.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from profiles.models import Namespace
from profiles.models.reference import NamespaceRole
from profiles.resolution.likeness import births_differ, names_differ

#: Records in one profile above which no rule joins more; and what a steward should look at.
FROZEN = 200
REVIEW_SUBJECTS = 25
REVIEW_IDENTIFIERS = 15


class Reason(StrEnum):
    """Why a link was refused."""

    NOT_SAME = "not_same"
    ANCHORS_DIFFER = "anchors_differ"
    TOO_MANY = "too_many"
    NAMES_DIFFER = "names_differ"
    BIRTH_DATES_DIFFER = "birth_dates_differ"
    OUTSIDE_WINDOW = "outside_window"
    TWO_PEOPLE = "two_people"
    FROZEN = "frozen"


class Link(NamedTuple):
    """One subject's standing claim on one value, first seen at its source at `observed_at`.

    key: the subject's external key, which decides between equals because it does not depend on who arrived first.
    """

    subject: UUID
    namespace: int
    blind: bytes
    verified: bool
    observed_at: datetime
    source: str
    key: bytes
    is_test: bool

    @property
    def value(self) -> tuple:
        return self.is_test, self.namespace, self.blind


class Refusal(NamedTuple):
    subject: UUID
    other: UUID
    namespace: int
    reason: Reason


@dataclass(slots=True)
class Evidence:
    """What the rule looks at. `same` and `apart` are pairs of subjects; names are folded first names."""

    subjects: Iterable[UUID]
    links: list[Link] = field(default_factory=list)
    same: list[tuple[UUID, UUID]] = field(default_factory=list)
    apart: list[tuple[UUID, UUID]] = field(default_factory=list)
    names: Mapping[UUID, str] = field(default_factory=dict)
    births: Mapping[UUID, date] = field(default_factory=dict)


@dataclass(slots=True)
class Partition:
    """Each subject's profile id; the refused links; and the profiles that are too large to trust unseen."""

    profile: dict[UUID, UUID]
    refused: set[Refusal]
    review: set[UUID]
    frozen: set[UUID]


@dataclass(slots=True)
class Cluster:
    """Subjects held to be one person so far, and everything that may tell them from others."""

    members: list[UUID]
    values: dict[int, set[bytes]] = field(default_factory=lambda: defaultdict(set))
    names: set[str] = field(default_factory=set)
    births: set[date] = field(default_factory=set)
    enemies: set[UUID] = field(default_factory=set)
    known: bool = False

    def take(self, other: "Cluster") -> None:
        self.members += other.members
        for namespace, values in other.values.items():
            self.values[namespace] |= values
        self.names |= other.names
        self.births |= other.births
        self.enemies |= other.enemies
        self.known |= other.known


@dataclass(slots=True)
class Holder:
    """A cluster as one value knows it: who claimed the value first, and between which moments it was claimed."""

    subject: UUID
    first: datetime
    last: datetime

    def extend(self, first: datetime, last: datetime) -> None:
        self.first, self.last = min(self.first, first), max(self.last, last)


def partition(evidence: Evidence, policy: Mapping[int, Namespace]) -> Partition:
    """Partition `evidence.subjects`. policy: the namespaces by id; links of others must not be given."""
    return _Partitioning(evidence, policy).run()


class _Partitioning:
    def __init__(self, evidence: Evidence, policy: Mapping[int, Namespace]):
        self.evidence, self.policy = evidence, policy
        self.root: dict[UUID, UUID] = {}
        self.clusters: dict[UUID, Cluster] = {}
        self.holders: dict[tuple, list[Holder]] = defaultdict(list)
        self.several: set[tuple] = set()
        self.refused: list[Refusal] = []
        self.frozen: set[UUID] = set()
        self._alone()

    def run(self) -> Partition:
        devices = {one.pk for one in self.policy.values() if one.role == NamespaceRole.LAST_LOGIN}
        links = sorted(self.evidence.links, key=self._order)
        for subject, other in self.evidence.same:
            self._decide(subject, other)
        for link in links:
            if link.namespace not in devices:
                self._add(link)
        logins = [link for link in links if link.namespace in devices]
        self.several = self._of_several(logins)
        for link in logins:
            self._add(link)
        return self._result()

    def _alone(self) -> None:
        """Every subject begins as a cluster of its own."""
        evidence = self.evidence
        for subject in evidence.subjects:
            self.root[subject] = subject
            cluster = self.clusters[subject] = Cluster([subject])
            if name := evidence.names.get(subject):
                cluster.names.add(name)
            if birth := evidence.births.get(subject):
                cluster.births.add(birth)
        for link in evidence.links:
            cluster = self.clusters[link.subject]
            cluster.values[link.namespace].add(link.blind)
            cluster.known |= self.policy[link.namespace].role != NamespaceRole.LAST_LOGIN
        for subject, other in evidence.apart:
            self.clusters[subject].enemies.add(other)
            self.clusters[other].enemies.add(subject)

    def _order(self, link: Link) -> tuple:
        priority = self.policy[link.namespace].priority
        return priority, not link.verified, link.observed_at, link.source, link.key, link.namespace, link.blind

    def _find(self, subject: UUID) -> UUID:
        while self.root[subject] != subject:
            self.root[subject] = self.root[self.root[subject]]
            subject = self.root[subject]
        return subject

    def _decide(self, subject: UUID, other: UUID) -> None:
        """A steward's word joins whatever a rule would refuse, except what a steward has told apart."""
        one, two = self._find(subject), self._find(other)
        if one != two and not self._told_apart(self.clusters[one], self.clusters[two]):
            self._join(one, two)

    def _add(self, link: Link) -> None:
        holders = self.holders[link.value] = self._distinct(self.holders[link.value])
        for holder in holders:
            one, two = self._find(link.subject), self._find(holder.subject)
            if one == two:
                continue
            reason = self._refusal(link, holder, self.clusters[one], self.clusters[two])
            if reason is None:
                self._join(one, two)
            else:
                self._refuse(link, holder, reason)
        holders.append(Holder(link.subject, link.observed_at, link.observed_at))

    def _distinct(self, holders: list[Holder]) -> list[Holder]:
        """One holder for each cluster: other links may have joined some since."""
        if len(holders) < 2:
            return holders
        found: dict[UUID, Holder] = {}
        for holder in holders:
            root = self._find(holder.subject)
            if root in found:
                found[root].extend(holder.first, holder.last)
            else:
                found[root] = holder
        return list(found.values())

    def _join(self, one: UUID, two: UUID) -> None:
        keep, lose = (one, two) if len(self.clusters[one].members) >= len(self.clusters[two].members) else (two, one)
        self.root[lose] = keep
        self.clusters[keep].take(self.clusters.pop(lose))

    def _refuse(self, link: Link, holder: Holder, reason: Reason) -> None:
        if reason is Reason.FROZEN:
            self.frozen |= {link.subject, holder.subject}
        else:
            self.refused.append(Refusal(link.subject, holder.subject, link.namespace, reason))

    # --- What stands in a link's way ----------------------------------------------------------------------------

    def _refusal(self, link: Link, holder: Holder, one: Cluster, two: Cluster) -> Reason | None:
        namespace = self.policy[link.namespace]
        if self._told_apart(one, two):
            return Reason.NOT_SAME
        if _outside(link, holder, namespace.window_days):
            return Reason.OUTSIDE_WINDOW
        if len(one.members) + len(two.members) > FROZEN:
            return Reason.FROZEN
        if crowded := self._crowded(one, two):
            return crowded
        if namespace.role == NamespaceRole.SUPPORTED:
            return self._unsupported(one, two)
        if namespace.role == NamespaceRole.LAST_LOGIN:
            return self._two_people(link, one, two)
        return None

    def _told_apart(self, one: Cluster, two: Cluster) -> bool:
        small, large = sorted((one, two), key=lambda cluster: len(cluster.members))
        return not large.enemies.isdisjoint(small.members)

    def _crowded(self, one: Cluster, two: Cluster) -> Reason | None:
        """Together they would have more values of a kind than one person may, and neither alone has them all."""
        for kind in one.values.keys() & two.values.keys():
            mine, theirs = one.values[kind], two.values[kind]
            both = mine | theirs
            if len(both) > self.policy[kind].max_per_profile and both != mine and both != theirs:
                return Reason.ANCHORS_DIFFER if self._is_anchor(kind) else Reason.TOO_MANY
        return None

    def _is_anchor(self, kind: int) -> bool:
        return self.policy[kind].role == NamespaceRole.ANCHOR

    def _unsupported(self, one: Cluster, two: Cluster) -> Reason | None:
        """Anchors of one kind must agree where both have any; names and birth dates must not contradict."""
        for kind in one.values.keys() & two.values.keys():
            if self._is_anchor(kind) and one.values[kind].isdisjoint(two.values[kind]):
                return Reason.ANCHORS_DIFFER
        if births_differ(one.births, two.births):
            return Reason.BIRTH_DATES_DIFFER
        return Reason.NAMES_DIFFER if names_differ(one.names, two.names) else None

    def _of_several(self, logins: list[Link]) -> set[tuple]:
        """Values of devices on which more than one known person was seen."""
        people = defaultdict(set)
        for link in logins:
            root = self._find(link.subject)
            if self.clusters[root].known:
                people[link.value].add(root)
        return {value for value, roots in people.items() if len(roots) > 1}

    def _two_people(self, link: Link, one: Cluster, two: Cluster) -> Reason | None:
        """A device brings its anonymous history to the one person who used it, and never joins two people."""
        if not one.known and not two.known:
            return None
        return Reason.TWO_PEOPLE if (one.known and two.known) or link.value in self.several else None

    # --- The result ---------------------------------------------------------------------------------------------

    def _result(self) -> Partition:
        ids = {root: min(cluster.members) for root, cluster in self.clusters.items()}
        profile = {subject: ids[self._find(subject)] for subject in self.root}
        review = {ids[root] for root, cluster in self.clusters.items() if _large(cluster)}
        return Partition(profile, self._refusals(profile), review, {profile[one] for one in self.frozen})

    def _refusals(self, profile: dict[UUID, UUID]) -> set[Refusal]:
        """The first refusal of each pair of clusters and kind; none of those that another link joined after all."""
        first: dict[tuple, Refusal] = {}
        for one in self.refused:
            pair = tuple(sorted((profile[one.subject], profile[one.other])))
            if pair[0] != pair[1]:
                first.setdefault((pair, one.namespace), one)
        return {one._replace(**_ordered(one)) for one in first.values()}


def _ordered(refusal: Refusal) -> dict:
    subject, other = sorted((refusal.subject, refusal.other))
    return {"subject": subject, "other": other}


def _outside(link: Link, holder: Holder, days: int | None) -> bool:
    if days is None:
        return False
    window = timedelta(days=days)
    return not holder.first - window <= link.observed_at <= holder.last + window


def _large(cluster: Cluster) -> bool:
    identifiers = sum(len(values) for values in cluster.values.values())
    return len(cluster.members) > REVIEW_SUBJECTS or identifiers > REVIEW_IDENTIFIERS
