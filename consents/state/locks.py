"""Who may fold a person's consents now: one writer at a time, for each person."""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import rows
from consents.errors import UnknownPerson
from profiles.records.locks import hold_people


def lock_people(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """Until commit nobody else writes of the people that `identities` mean; gives each identity's present profile.

    Before anything is written of them, and of all of them at once, so that nobody waits in a circle.
    """
    return hold_people(identities)


def lock_present_profile(profile: UUID) -> UUID:
    """The present profile that an id means, locked as by `lock_people`. Raises UnknownPerson."""
    present = lock_people([profile])
    if profile not in present:
        raise UnknownPerson
    return present[profile]


def profiles_of(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """The present profile of each identity, that is of each profile id ever given; unknown ones are left out."""
    return dict(rows("SELECT id, profile_id FROM profiles_sourceidentity WHERE id = ANY(%s)", [list(set(identities))]))
