"""The verb: resolve some identities into profiles, inside the caller's transaction."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.base.database import statistics
from cdp.base.database.sql import execute
from cdp.base.memory import gc_paused
from profiles.after_fold import follow_fold
from profiles.identity import apply, component, evidence, review_queue, shared_identifiers
from profiles.identity.partition import Partition, partition
from profiles.models import Namespace
from profiles.values import golden

#: One lock over "who belongs to whom": exclusive for a fold, shared for writers that rely on it until they commit.
LOCK = 0x5AC7_1DE7_0000


class Folded(NamedTuple):
    """profiles: present ids of all profiles folded. moved: {identity: (old profile, new profile)}."""

    profiles: set[UUID]
    moved: dict[UUID, tuple[UUID, UUID]]


@gc_paused()
@transaction.atomic
def resolve(*, identities: Iterable[UUID]) -> Folded:
    """Fold the profiles that `identities` belong to, now that something new is known of them.

    A profile's id is the id of one of its identities, so ids of profiles may be given as well. Nothing is written where
    nothing changed. What follows a fold (`after_fold`) has run before this returns.
    """
    identities = set(identities)
    if not identities:
        return Folded(set(), {})
    lock_identity_exclusive()
    if len(identities) >= statistics.BULK:
        statistics.analyze_stale_tables()
    identities = component.existing(identities)
    policy = component.joining()
    found = component.connected_component(identities, policy)
    shared_identifiers.mark(found.shared, policy)
    result = partitioned(identities, found, policy)
    apply.clear()
    apply.stage(result.profile, result.refused)
    moved = apply.write()
    review_queue.raise_for(result)
    profiles = set(result.profile.values())
    golden.fold(profiles=profiles)
    follow_fold(profiles=profiles, moved=moved)
    return Folded(profiles, moved)


def partitioned(identities: set[UUID], found: component.Component, policy: dict[int, Namespace]) -> Partition:
    """How `identities` and all found with them belong together by the evidence; those alone are themselves."""
    result = partition(evidence.gather(found, policy), policy)
    result.profile |= {identity: identity for identity in identities - found.people}
    return result


def lock_identity_exclusive() -> None:
    """Until commit nobody else folds."""
    execute("SELECT pg_advisory_xact_lock(%s)", [LOCK])


def lock_identity_shared() -> None:
    """Until commit nobody changes who belongs to whom: for writers that store a profile id they have just looked up.

    A transaction that also resolves does that first, because a shared lock cannot become an exclusive one safely.
    """
    execute("SELECT pg_advisory_xact_lock_shared(%s)", [LOCK])
