"""Who may fold a person's consents now: one writer at a time, for each person."""

from collections.abc import Iterable
from uuid import UUID

from cdp.kit.sql import execute, rows
from profiles.resolution import steady

#: People share this many locks (a power of two), so that a large import never fills the server's lock table.
BUCKETS = 512


def hold(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """Until commit nobody else folds the people that `subjects` mean; gives each subject's present profile.

    Who belongs to whom stands still first. Then the locks are taken in one order by everybody, before anything is
    written, so that nobody waits in a circle.
    """
    steady()
    present = profiles_of(subjects)
    execute(
        "SELECT pg_advisory_xact_lock(hashtext('consents'), bucket) FROM ("
        " SELECT DISTINCT hashtext(profile::text) & %s AS bucket FROM unnest(%s::uuid[]) profile ORDER BY 1) buckets",
        [BUCKETS - 1, list(set(present.values()))],
    )
    return present


def profiles_of(subjects: Iterable[UUID]) -> dict[UUID, UUID]:
    """The present profile of each subject, that is of each profile id ever given; unknown ones are left out."""
    return dict(rows("SELECT id, profile_id FROM profiles_subject WHERE id = ANY(%s)", [list(set(subjects))]))
