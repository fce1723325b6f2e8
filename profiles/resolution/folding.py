"""The verb: resolve some subjects into profiles, inside the caller's transaction."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.kit import planner
from cdp.kit.collector import collector_at_rest
from cdp.kit.sql import execute
from profiles import golden
from profiles.models import Namespace
from profiles.resolution import component, evidence, hubs, projection, work
from profiles.resolution.partition import Partition, partition
from profiles.signals import folded

#: One lock over "who belongs to whom": exclusive for a fold, shared for writers that rely on it until they commit.
LOCK = 0x5AC7_1DE7_0000


class Folded(NamedTuple):
    """profiles: present ids of all profiles folded. moved: {subject: (old profile, new profile)}."""

    profiles: set[UUID]
    moved: dict[UUID, tuple[UUID, UUID]]


@collector_at_rest()
@transaction.atomic
def resolve(*, subjects: Iterable[UUID]) -> Folded:
    """Fold the profiles that `subjects` belong to, now that something new is known of them.

    A profile's id is the id of one of its subjects, so ids of profiles may be given as well. Nothing is written where
    nothing changed. Listeners of `profiles.signals.folded` run before this returns.
    """
    subjects = set(subjects)
    if not subjects:
        return Folded(set(), {})
    hold()
    if len(subjects) >= planner.BULK:
        planner.catch_up()
    subjects = component.existing(subjects)
    policy = component.joining()
    found = component.entangled(subjects, policy)
    hubs.mark(found.shared, policy)
    result = partitioned(subjects, found, policy)
    projection.clear()
    projection.stage(result.profile, result.refused)
    moved = projection.write()
    work.raise_for(result)
    profiles = set(result.profile.values())
    golden.fold(profiles=profiles)
    folded.send(sender=None, profiles=profiles, moved=moved)
    return Folded(profiles, moved)


def partitioned(subjects: set[UUID], found: component.Component, policy: dict[int, Namespace]) -> Partition:
    """How `subjects` and all that were found with them belong together by the evidence; those alone are themselves."""
    result = partition(evidence.gather(found, policy), policy)
    result.profile |= {subject: subject for subject in subjects - found.people}
    return result


def hold() -> None:
    """Until commit nobody else folds."""
    execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def steady() -> None:
    """Until commit nobody changes who belongs to whom: for writers that store a profile id they have just looked up.

    A transaction that also resolves does that first, because a shared lock cannot become an exclusive one safely.
    """
    execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
