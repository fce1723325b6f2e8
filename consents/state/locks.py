"""Who may fold a person's consents now: one writer at a time, for each person (`profiles.records.locks`)."""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import rows
from consents.errors import UnknownPerson
from profiles.records.locks import hold_people


def lock_present_profile(profile: UUID) -> UUID:
    """The present profile that an id means; until commit nobody else writes of it. Raises UnknownPerson."""
    present = hold_people([profile])
    if profile not in present:
        raise UnknownPerson
    return present[profile]


def profiles_of(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """The present profile of each identity, that is of each profile id ever given; unknown ones are left out."""
    return dict(rows("SELECT id, profile_id FROM profiles_sourceidentity WHERE id = ANY(%s)", [list(set(identities))]))
