"""Who may fold a person's consents now: one writer at a time, for each person."""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import execute, rows
from consents.errors import UnknownPerson
from profiles.identity import lock_identity_shared

#: People share this many locks (a power of two), so that a large import never fills the server's lock table.
BUCKETS = 512


def lock_people(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """Until commit nobody else folds the people that `identities` mean; gives the present profile of each identity.

    Who belongs to whom stands still first. Then the locks are taken in one order by everybody, before anything is
    written, so that nobody waits in a circle.
    """
    lock_identity_shared()
    present = profiles_of(identities)
    execute(
        "SELECT pg_advisory_xact_lock(hashtext('consents'), bucket) FROM ("
        " SELECT DISTINCT hashtext(profile::text) & %s AS bucket FROM unnest(%s::uuid[]) profile ORDER BY 1) buckets",
        [BUCKETS - 1, list(set(present.values()))],
    )
    return present


def lock_present_profile(profile: UUID) -> UUID:
    """The present profile that an id means, locked as by `lock_people`. Raises UnknownPerson."""
    present = lock_people([profile])
    if profile not in present:
        raise UnknownPerson
    return present[profile]


def profiles_of(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """The present profile of each identity, that is of each profile id ever given; unknown ones are left out."""
    return dict(rows("SELECT id, profile_id FROM profiles_sourceidentity WHERE id = ANY(%s)", [list(set(identities))]))
