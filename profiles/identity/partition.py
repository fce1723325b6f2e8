"""The rule itself, without a database: sorted links, added one by one, each refused that would join two people.

A link is one identity's claim on one identifier value. Identities that claim the same value are joined through it,
unless their clusters are told apart: by a steward, by an anchor, by a limit, or by want of support.

Claims of our own (zero- and first-party) data come first and alone say who our own people are. Borrowed ones, of
partners and suppliers (second- and third-party), then attach to one of these people at most, and join no two of them.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from itertools import groupby
from typing import NamedTuple
from uuid import UUID

from profiles.identity.cluster import Cluster, EarlierClaimant
from profiles.identity.similarity import births_differ, names_differ
from profiles.models import Namespace
from profiles.models.reference import NamespaceRole

#: Records in one profile above which no rule joins more; and what a steward should look at.
FROZEN = 200
REVIEW_IDENTITIES = 25
REVIEW_IDENTIFIERS = 15


class Reason(StrEnum):
    """Why a link was refused."""

    NOT_SAME = "not_same"
    BORROWED = "borrowed"
    ANCHORS_DIFFER = "anchors_differ"
    TOO_MANY = "too_many"
    NAMES_DIFFER = "names_differ"
    BIRTH_DATES_DIFFER = "birth_dates_differ"
    OUTSIDE_WINDOW = "outside_window"
    TWO_PEOPLE = "two_people"
    FROZEN = "frozen"


class Link(NamedTuple):
    """One identity's standing claim on one value, first seen at its source at `observed_at`.

    key: the identity's external key, which decides between equals because it does not depend on who arrived first.
    own: whether our own data say so, and not only a partner's or a supplier's.
    """

    identity: UUID
    namespace: int
    blind: UUID
    verified: bool
    observed_at: datetime
    source: str
    key: UUID
    is_test: bool
    own: bool

    @property
    def value(self) -> tuple:
        return self.is_test, self.namespace, self.blind


class LinkRefusal(NamedTuple):
    """A link that joined nobody: its two identities, the smaller id first, the kind of value they share, and why."""

    identity: UUID
    other: UUID
    namespace: int
    reason: Reason


@dataclass(slots=True)
class Evidence:
    """What the rule looks at. `same` and `apart` are pairs of identities; names are folded first names.

    borrowed: the identities of whom only partners and suppliers have spoken.
    """

    identities: Iterable[UUID]
    links: list[Link] = field(default_factory=list)
    same: list[tuple[UUID, UUID]] = field(default_factory=list)
    apart: list[tuple[UUID, UUID]] = field(default_factory=list)
    names: Mapping[UUID, str] = field(default_factory=dict)
    births: Mapping[UUID, date] = field(default_factory=dict)
    borrowed: Set[UUID] = frozenset()


@dataclass(slots=True)
class Partition:
    """Each identity's profile id; the refused links; and the profiles that are too large to trust unseen."""

    profile: dict[UUID, UUID]
    refused: set[LinkRefusal]
    review: set[UUID]
    frozen: set[UUID]


def partition(evidence: Evidence, policy: Mapping[int, Namespace]) -> Partition:
    """Partition `evidence.identities`. policy: the namespaces by id; links of others must not be given."""
    return _Partitioning(evidence, policy).run()


class _Partitioning:
    def __init__(self, evidence: Evidence, policy: Mapping[int, Namespace]):
        self.evidence, self.policy = evidence, policy
        self.devices = {one.pk for one in policy.values() if one.role == NamespaceRole.LAST_LOGIN}
        self.clusters: dict[UUID, Cluster] = {}
        self.holders: dict[tuple, list[EarlierClaimant]] = defaultdict(list)
        self.logins: list[Link] = []
        self.several: set[tuple] = set()
        self.refused: list[LinkRefusal] = []
        self.frozen: set[UUID] = set()
        self._begin()

    def run(self) -> Partition:
        for identity, other in self.evidence.same:
            self._decide(identity, other)
        links = sorted(self.evidence.links, key=self._order)
        self._add_all([link for link in links if link.own], self._join)
        self._add_all([link for link in links if not link.own], self._attach)
        return self._result()

    def _begin(self) -> None:
        """Every identity begins as a cluster of its own."""
        evidence = self.evidence
        for identity in evidence.identities:
            cluster = self.clusters[identity] = Cluster([identity], own=identity not in evidence.borrowed)
            if name := evidence.names.get(identity):
                cluster.names.add(name)
            if birth := evidence.births.get(identity):
                cluster.births.add(birth)
        for link in evidence.links:
            cluster = self.clusters[link.identity]
            cluster.values[link.namespace].add(link.blind)
            cluster.known |= link.namespace not in self.devices
        for identity, other in evidence.apart:
            self.clusters[identity].enemies.add(other)
            self.clusters[other].enemies.add(identity)

    def _order(self, link: Link) -> tuple:
        return *self._strength(link), link.namespace, link.blind

    def _strength(self, link: Link) -> tuple:
        """Equal for claims of one identity that are equally strong."""
        priority = self.policy[link.namespace].priority
        return priority, not link.verified, link.observed_at, link.source, link.key, link.is_test

    def _decide(self, identity: UUID, other: UUID) -> None:
        """A steward's word joins whatever a rule would refuse, except what a steward has told apart."""
        one, two = self.clusters[identity], self.clusters[other]
        if one is not two and not one.told_apart(two):
            self._merge(one, two)

    def _add_all(self, links: list[Link], add: Callable[[list[Link]], None]) -> None:
        """The strongest first; but devices last, when it is clear which of them several people use."""
        add([link for link in links if link.namespace not in self.devices])
        logins = [link for link in links if link.namespace in self.devices]
        self.logins += logins
        self.several = self._of_several()
        add(logins)

    def _join(self, links: Iterable[Link]) -> None:
        for link in links:
            self._add(link)

    def _attach(self, links: Iterable[Link]) -> None:
        """Add borrowed claims: whoever has equally strong ones on several of our own people is left to a steward."""
        for _, equals in groupby(links, key=self._strength):
            claims = list(equals)
            self.clusters[claims[0].identity].torn |= len(self._fitting(claims)) > 1
            for link in claims:
                self._add(link)

    def _fitting(self, claims: list[Link]) -> set[Cluster]:
        """Our own people whom one identity's claims may join it with."""
        mine = self.clusters[claims[0].identity]
        met = ((link, holder, self.clusters[holder.identity]) for link in claims for holder in self._holders(link))
        return {
            theirs
            for link, holder, theirs in met
            if theirs.own and theirs is not mine and self._refusal(link, holder, mine, theirs) is None
        }

    def _add(self, link: Link) -> None:
        holders = self._holders(link)
        for holder in holders:
            one, two = self.clusters[link.identity], self.clusters[holder.identity]
            if one is two:
                continue
            reason = self._refusal(link, holder, one, two)
            if reason is None:
                self._merge(one, two)
            else:
                self._refuse(link, holder, reason)
        holders.append(EarlierClaimant(link.identity, link.observed_at, link.observed_at))

    def _holders(self, link: Link) -> list[EarlierClaimant]:
        """Those who claimed its value before it, one for each cluster: other links may have joined some since."""
        holders = self.holders[link.value]
        if len(holders) > 1:
            found: dict[Cluster, EarlierClaimant] = {}
            for holder in holders:
                found.setdefault(self.clusters[holder.identity], holder).extend(holder.first, holder.last)
            holders[:] = found.values()
        return holders

    def _merge(self, one: Cluster, two: Cluster) -> None:
        keep, lose = (one, two) if len(one.members) >= len(two.members) else (two, one)
        for member in lose.members:
            self.clusters[member] = keep
        keep.take(lose)

    def _refuse(self, link: Link, holder: EarlierClaimant, reason: Reason) -> None:
        if reason is Reason.FROZEN:
            self.frozen |= {link.identity, holder.identity}
        else:
            self.refused.append(LinkRefusal(*sorted((link.identity, holder.identity)), link.namespace, reason))

    # --- What stands in a link's way ----------------------------------------------------------------------------

    def _refusal(self, link: Link, holder: EarlierClaimant, one: Cluster, two: Cluster) -> Reason | None:
        namespace = self.policy[link.namespace]
        if one.told_apart(two):
            return Reason.NOT_SAME
        if not link.own and one.never_joined_by_borrowed(two):
            return Reason.BORROWED
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

    def _of_several(self) -> set[tuple]:
        """Values of devices on which more than one known person was seen."""
        people = defaultdict(set)
        for link in self.logins:
            if (cluster := self.clusters[link.identity]).known:
                people[link.value].add(cluster)
        return {value for value, known in people.items() if len(known) > 1}

    def _two_people(self, link: Link, one: Cluster, two: Cluster) -> Reason | None:
        """A device brings its anonymous history to the one person who used it, and never joins two people."""
        if not one.known and not two.known:
            return None
        return Reason.TWO_PEOPLE if (one.known and two.known) or link.value in self.several else None

    # --- The result ---------------------------------------------------------------------------------------------

    def _result(self) -> Partition:
        ids = {cluster: min(cluster.members) for cluster in set(self.clusters.values())}
        profile = {identity: ids[cluster] for identity, cluster in self.clusters.items()}
        review = {profile_id for cluster, profile_id in ids.items() if _large(cluster)}
        return Partition(profile, self._refusals(profile), review, {profile[one] for one in self.frozen})

    def _refusals(self, profile: dict[UUID, UUID]) -> set[LinkRefusal]:
        """The first refusal of each pair of clusters and kind; none of those that another link joined after all."""
        first: dict[tuple, LinkRefusal] = {}
        for one in self.refused:
            pair = tuple(sorted((profile[one.identity], profile[one.other])))
            if pair[0] != pair[1]:
                first.setdefault((pair, one.namespace), one)
        return set(first.values())


def _outside(link: Link, holder: EarlierClaimant, days: int | None) -> bool:
    if days is None:
        return False
    window = timedelta(days=days)
    return not holder.first - window <= link.observed_at <= holder.last + window


def _large(cluster: Cluster) -> bool:
    identifiers = sum(len(values) for values in cluster.values.values())
    return len(cluster.members) > REVIEW_IDENTITIES or identifiers > REVIEW_IDENTIFIERS
