"""The verb: resolve some subjects into profiles, inside the caller's transaction."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.kit.sql import execute
from profiles import golden
from profiles.resolution import component, hubs, projection, work
from profiles.resolution.partition import partition
from profiles.signals import folded

#: One lock over "who belongs to whom": exclusive for a fold, shared for writers that rely on it until they commit.
LOCK = 0x5AC7_1DE7


class Folded(NamedTuple):
    """profiles: present ids of all profiles folded. moved: {subject: (old profile, new profile)}."""

    profiles: set[UUID]
    moved: dict[UUID, tuple[UUID, UUID]]


@transaction.atomic
def resolve(*, subjects: Iterable[UUID]) -> Folded:
    """Fold the profiles that `subjects` belong to, now that something new is known of them.

    A profile's id is the id of one of its subjects, so ids of profiles may be given as well. Nothing is written where
    nothing changed. Listeners of `profiles.signals.folded` run before this returns.
    """
    touched = set(subjects)
    if not touched:
        return Folded(set(), {})
    execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])
    policy = component.joining()
    touched |= hubs.mark(touched, policy)
    people = component.entangled(touched, policy)
    result = partition(component.evidence(people, policy), policy)
    projection.stage({subject: subject for subject in touched - people} | result.profile)
    moved = projection.move()
    if people:
        projection.write_refusals(list(people), result.refused)
        work.raise_for(result)
    profiles = set(result.profile.values()) | (touched - people)
    golden.fold(profiles=profiles)
    folded.send(sender=None, profiles=profiles, moved=moved)
    return Folded(profiles, moved)


def steady() -> None:
    """Until commit nobody changes who belongs to whom: for writers that store a profile id they have just looked up.

    A transaction that also resolves does that first, because a shared lock cannot become an exclusive one safely.
    """
    execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
