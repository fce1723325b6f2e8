"""The one writer of the feed: an INSERT in the transaction of the change, set-based, alone or inside its statement."""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import execute
from profiles.models.changes import ChangeKind

#: A profile that is new in this transaction is told as new, and that is all that a reader needs.
NEWS = f"""
WHERE r.profile NOT IN (
    SELECT c.profile FROM profiles_change c
    WHERE c.epoch = (SELECT last_value FROM profiles_change_epoch) AND c.xid = pg_current_xact_id()
    AND c.kind IN ('{ChangeKind.PROFILE_CREATED}', '{ChangeKind.PROFILE_PARTED}'))
"""
GIVEN = (
    "SELECT profile, %(object)s::uuid AS object, %(what)s::text[] AS what FROM unnest(%(profiles)s::uuid[]) AS profile"
)


def insertion(*, kind: ChangeKind, rows: str) -> str:
    """The statement that writes a change for each of `rows`, a query of (profile, object, what).

    It may follow a WITH whose statements make the change, and read what they return.
    """
    return f"""
        INSERT INTO profiles_change (epoch, kind, profile, object, what, is_test)
        SELECT (SELECT last_value FROM profiles_change_epoch), '{kind}', r.profile, r.object, r.what,
               coalesce((SELECT s.is_test FROM profiles_sourceidentity s WHERE s.id = r.profile), false)
        FROM ({rows}) r {NEWS if kind == ChangeKind.PROFILE_CHANGED else ""}
    """


def record(
    *, kind: ChangeKind, profiles: Iterable[UUID | None] = (None,), object: UUID | None = None, what: Iterable[str] = ()
) -> int:
    """Write a change for each of `profiles` (by itself: one that is of no profile); give how many."""
    given = {"profiles": list(profiles), "object": object, "what": list(what)}
    return execute(insertion(kind=kind, rows=GIVEN), given) if given["profiles"] else 0
