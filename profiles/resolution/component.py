"""Find everybody whom some subjects may be joined with."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cdp.kit.sql import rows
from profiles.models import Namespace
from profiles.models.reference import NamespaceRole

#: Roles whose values may join anybody at all.
JOINING = (NamespaceRole.ANCHOR, NamespaceRole.LINKING, NamespaceRole.SUPPORTED, NamespaceRole.LAST_LOGIN)
#: Decisions that stand: neither withdrawn nor expired.
STANDING_DECISIONS = """
    profiles_stewarddecision d WHERE (d.expires_at IS NULL OR d.expires_at > now())
    AND NOT EXISTS (SELECT FROM profiles_stewarddecision w WHERE w.withdraws_id = d.id)
"""
#: An identifier value, as `i`, that joins nobody: shared or blocked, or private no longer.
UNUSABLE = """
    EXISTS (SELECT FROM profiles_sharedidentifier x WHERE x.namespace_id = i.namespace_id AND x.blind = i.blind
            AND (x.verdict <> 'private' OR x.expires_at <= now()))
"""


def joining() -> dict[int, Namespace]:
    """The policy: the namespaces whose values may join, by id."""
    return {one.pk: one for one in Namespace.objects.filter(role__in=JOINING)}


def existing(subjects: Iterable[UUID]) -> set[UUID]:
    """Those of `subjects` that there are: some may have been erased."""
    return {subject for (subject,) in rows("SELECT id FROM profiles_subject WHERE id = ANY(%s)", [list(subjects)])}


class Component(NamedTuple):
    """Everybody connected with the subjects asked about.

    shared: the subjects that have each value which joins any of them. bound: groups that hang together otherwise.
    """

    people: set[UUID]
    shared: dict[tuple[int, bytes], list[UUID]]
    bound: list[list[UUID]]

    def islands(self) -> dict[UUID, UUID]:
        """For each subject the one that stands for its island: people of two islands have nothing in common."""
        root = {subject: subject for subject in self.people}
        for first, *others in [*self.shared.values(), *self.bound]:
            for other in others:
                root[_top(root, other)] = _top(root, first)
        return {subject: _top(root, subject) for subject in root}


def _top(root: dict[UUID, UUID], subject: UUID) -> UUID:
    while root[subject] != subject:
        root[subject] = root[root[subject]]
        subject = root[subject]
    return subject


def entangled(subjects: Iterable[UUID], policy: dict[int, Namespace]) -> Component:
    """All subjects connected with `subjects` by a usable value, a decision or a present profile, step by step.

    Those of `subjects` that are connected with nobody are left out: they need no rule.
    """
    found = Component(set(), {}, [])
    seen, frontier = set(subjects), list(subjects)
    while frontier:
        values, groups = _sharing(frontier, list(policy)), _bound(frontier)
        found.shared.update(values)
        found.bound.extend(groups)
        near = {subject for group in [*values.values(), *groups] for subject in group}
        found.people.update(near)
        frontier = list(near - seen)
        seen |= near
    return found


def _sharing(subjects: list[UUID], namespaces: list[int]) -> dict[tuple[int, bytes], list[UUID]]:
    """The usable values of `subjects` that two or more subjects have, or once had, and who these are."""
    found = rows(
        f"""
        SELECT mine.namespace_id, mine.blind, array_agg(DISTINCT near.subject_id)
        FROM (SELECT DISTINCT i.namespace_id, i.blind FROM profiles_identifier i
              WHERE i.subject_id = ANY(%s) AND i.namespace_id = ANY(%s) AND NOT {UNUSABLE}) mine
        JOIN profiles_identifier near ON near.namespace_id = mine.namespace_id AND near.blind = mine.blind
        GROUP BY mine.namespace_id, mine.blind
        HAVING count(DISTINCT near.subject_id) > 1
        """,
        [subjects, namespaces],
    )
    return {(namespace, bytes(blind)): having for namespace, blind, having in found}


def _bound(subjects: list[UUID]) -> list[list[UUID]]:
    """Groups that hang together otherwise: the subjects of one present profile, the two of a decision."""
    found = rows(
        f"""
        SELECT array_agg(mate.id) FROM profiles_subject mate WHERE mate.profile_id IN (
            SELECT s.profile_id FROM profiles_subject s WHERE s.id = ANY(%(subjects)s))
        GROUP BY mate.profile_id HAVING count(*) > 1
        UNION ALL
        SELECT ARRAY[d.subject_id, d.other_id] FROM {STANDING_DECISIONS} AND d.kind IN ('same', 'not_same')
        AND (d.subject_id = ANY(%(subjects)s) OR d.other_id = ANY(%(subjects)s))
        """,
        {"subjects": subjects},
    )
    return [group for (group,) in found]
