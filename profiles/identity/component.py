"""Find everybody whom some identities may be joined with."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cdp.base.database.sql import rows
from profiles.models import Namespace
from profiles.models.reference import JOINING
from profiles.values.standing_facts import STANDING_DECISIONS, UNUSABLE


def joining() -> dict[int, Namespace]:
    """The policy: the namespaces whose values may join, by id."""
    return {one.pk: one for one in Namespace.objects.filter(role__in=JOINING)}


def existing(identities: Iterable[UUID]) -> set[UUID]:
    """Those of `identities` that there are: some may have been erased."""
    return {
        identity
        for (identity,) in rows("SELECT id FROM profiles_sourceidentity WHERE id = ANY(%s)", [list(identities)])
    }


class Component(NamedTuple):
    """Everybody connected with the identities asked about.

    shared: the identities that have each value which joins any of them. bound: groups that hang together otherwise.
    """

    people: set[UUID]
    shared: dict[tuple[int, UUID], list[UUID]]
    bound: list[list[UUID]]

    def islands(self) -> dict[UUID, UUID]:
        """For each identity the one that stands for its island: people of two islands have nothing in common."""
        root = {identity: identity for identity in self.people}
        for first, *others in [*self.shared.values(), *self.bound]:
            top = _top(root, first)
            for other in others:
                root[_top(root, other)] = top
        return {identity: _top(root, identity) for identity in root}


def _top(root: dict[UUID, UUID], identity: UUID) -> UUID:
    while root[identity] != identity:
        root[identity] = root[root[identity]]
        identity = root[identity]
    return identity


def connected_component(identities: Iterable[UUID], policy: dict[int, Namespace]) -> Component:
    """All identities connected with `identities` by a usable value, a decision or a present profile, step by step.

    Those of `identities` that are connected with nobody are left out: they need no rule.
    """
    found = Component(set(), {}, [])
    seen, frontier = set(identities), list(identities)
    while frontier:
        values, groups = _sharing(frontier, list(policy)), _bound(frontier)
        found.shared.update(values)
        found.bound.extend(groups)
        near = {identity for group in [*values.values(), *groups] for identity in group}
        found.people.update(near)
        frontier = list(near - seen)
        seen |= near
    return found


def _sharing(identities: list[UUID], namespaces: list[int]) -> dict[tuple[int, UUID], list[UUID]]:
    """The usable values of `identities` that two or more identities have, or once had, and who these are."""
    found = rows(
        f"""
        SELECT mine.namespace_id, mine.blind, array_agg(DISTINCT near.identity_id)
        FROM (SELECT DISTINCT i.namespace_id, i.blind FROM profiles_identifier i
              WHERE i.identity_id = ANY(%s) AND i.namespace_id = ANY(%s) AND NOT {UNUSABLE}) mine
        JOIN profiles_identifier near ON near.namespace_id = mine.namespace_id AND near.blind = mine.blind
        GROUP BY mine.namespace_id, mine.blind
        HAVING count(DISTINCT near.identity_id) > 1
        """,
        [identities, namespaces],
    )
    return {(namespace, blind): having for namespace, blind, having in found}


def _bound(identities: list[UUID]) -> list[list[UUID]]:
    """Groups that hang together otherwise: the identities of one present profile, the two of a decision."""
    found = rows(
        f"""
        SELECT array_agg(mate.id) FROM profiles_sourceidentity mate WHERE mate.profile_id = ANY(ARRAY(
            SELECT s.profile_id FROM profiles_sourceidentity s WHERE s.id = ANY(%(identities)s)))
        GROUP BY mate.profile_id HAVING count(*) > 1
        UNION ALL
        SELECT ARRAY[d.identity_id, d.other_id] FROM {STANDING_DECISIONS} AND d.kind IN ('same', 'not_same')
        AND (d.identity_id = ANY(%(identities)s) OR d.other_id = ANY(%(identities)s))
        """,
        {"identities": identities},
    )
    return [group for (group,) in found]
