"""The verb: resolve some identities into profiles, inside the caller's transaction."""

from collections.abc import Collection, Iterable
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.base.database import statistics
from cdp.base.memory import gc_paused
from profiles.changes.after_fold import follow_fold
from profiles.identity import apply, component, evidence, review_queue, shared_identifiers
from profiles.identity.partition import Partition, partition
from profiles.models import Namespace
from profiles.records import locks
from profiles.values import golden

#: The tables that one resolution joins.
JOINED = [f"profiles_{name}" for name in ("sourceidentity", "identifier", "record", "goldenvalue", "profile")]


class Folded(NamedTuple):
    """profiles: present ids of all profiles folded. moved: {identity: (old profile, new profile)}."""

    profiles: set[UUID]
    moved: dict[UUID, tuple[UUID, UUID]]


class Connected(NamedTuple):
    """Everybody whom a fold is about."""

    component: component.Component
    people: set[UUID]


@gc_paused()
@transaction.atomic
def resolve(*, identities: Iterable[UUID], holding: Iterable[UUID] = ()) -> Folded:
    """Fold the profiles that `identities` belong to, now that something new is known of them.

    A profile's id is the id of one of its identities, so ids of profiles may be given as well. Nothing is written where
    nothing changed. What follows a fold (`profiles.changes.after_fold`) has run before this returns.

    holding: identities of whom nothing new is known, but of whom the caller stores something in this transaction.
    Until commit all these people are the caller's (`profiles.records.locks`).
    """
    identities = set(identities)
    if not identities:
        return Folded(set(), {})
    statistics.prepare(*JOINED, count=len(identities))
    policy = component.joining()
    found = hold(identities, policy, others=set(holding) - identities)
    identities = component.existing(identities)
    shared_identifiers.mark(found.shared, policy)
    result = partitioned(identities, found, policy)
    apply.clear()
    apply.stage(result.profile, result.refused)
    moved = apply.write()
    review_queue.ask_about_profiles(result)
    profiles = set(result.profile.values())
    golden.fold(profiles=profiles)
    follow_fold(profiles=profiles, moved=moved)
    return Folded(profiles, moved)


def partitioned(identities: set[UUID], found: component.Component, policy: dict[int, Namespace]) -> Partition:
    """How `identities` and all found with them belong together by the evidence; those alone are themselves."""
    result = partition(evidence.gather(found, policy), policy)
    result.profile |= {identity: identity for identity in identities - found.people}
    return result


def hold(identities: set[UUID], policy: dict[int, Namespace], *, others: Collection[UUID] = ()) -> component.Component:
    """Until commit nobody else writes of anybody connected with `identities`, nor of the profiles of `others`.

    Gives who is connected. What a verb reads before it decides of people, it reads after this.
    """

    def reach() -> Connected:
        found = component.connected_component(identities, policy)
        beside = locks.profiles_of(others).people if others else set()
        return Connected(found, identities | found.people | beside)

    return locks.hold(reach).component
