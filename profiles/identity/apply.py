"""Write a partition: only what differs, and everything that hangs on it, in set-based statements.

The partition stands in a temporary table of ids while it is written; the same statements serve the stream, where it
holds a component, and the rebuild, where it holds everybody.
"""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database import clock
from cdp.base.database.sql import copy_in, execute, rows
from profiles import changes
from profiles.changes import ChangeKind
from profiles.identity.partition import LinkRefusal

#: (identity, profile) as it should be, and the links that should stand as refused. Emptied at commit. A table analysed
#: while empty is estimated by its real size; one never analysed is taken for a large one, and big tables are then read
#: from end to end for the sake of one person. TRUNCATE would make the planner forget.
STAGES = [
    "CREATE TEMP TABLE IF NOT EXISTS stage_partition (identity uuid PRIMARY KEY, profile uuid) ON COMMIT DELETE ROWS",
    "CREATE TEMP TABLE IF NOT EXISTS stage_refused (identity uuid, other uuid, namespace smallint, reason text)"
    " ON COMMIT DELETE ROWS",
    "DELETE FROM stage_partition",
    "DELETE FROM stage_refused",
    "ANALYZE stage_partition, stage_refused",
]


def clear() -> None:
    """Begin with empty stages."""
    for statement in STAGES:
        execute(statement)


def stage(profile: dict[UUID, UUID], refused: Iterable[LinkRefusal]) -> None:
    """Add {identity: profile}, and the links refused among these identities, to what is to be written or compared."""
    copy_in("stage_partition", ["identity", "profile"], profile.items())
    copy_in("stage_refused", ["identity", "other", "namespace", "reason"], refused)


def write() -> dict[UUID, tuple[UUID, UUID]]:
    """Make identities, events, profiles, aliases and refused links follow the stage; give {identity: (old, new)}."""
    moved = _moved()
    if moved:
        old, new = ({pair[side] for pair in moved.values()} for side in (0, 1))
        make_profiles()
        _move_events()
        _move_identities()
        drop_profiles(list(old))
        count_profiles(list(old | new))
    _see_profiles()
    _write_refusals()
    return moved


def _moved() -> dict[UUID, tuple[UUID, UUID]]:
    found = rows("""
        SELECT p.identity, s.profile_id, p.profile FROM stage_partition p
        JOIN profiles_sourceidentity s ON s.id = p.identity WHERE s.profile_id <> p.profile
    """)
    return {identity: (old, new) for identity, old, new in found}


def make_profiles() -> None:
    """Every staged profile has its row; one that is new parts from where the identity stood whose id it has."""
    parted = """
        SELECT made.id AS profile, s.profile_id AS object, '{}'::text[] AS what
        FROM made JOIN profiles_sourceidentity s ON s.id = made.id WHERE s.profile_id <> made.id
    """
    execute(f"""
        WITH made AS (
            INSERT INTO profiles_profile (id, is_test, identity_count)
            SELECT s.id, s.is_test, 1 FROM profiles_sourceidentity s
            WHERE s.id IN (SELECT profile FROM stage_partition) ON CONFLICT DO NOTHING RETURNING id
        )
        {changes.insertion(kind=ChangeKind.PROFILE_PARTED, rows=parted)}
    """)


def _move_events() -> None:
    """Found by their old profile, for which there is an index."""
    execute("""
        UPDATE profiles_event e SET profile_id = p.profile
        FROM stage_partition p
        JOIN profiles_sourceidentity s ON s.id = p.identity AND s.profile_id <> p.profile
        JOIN profiles_record r ON r.identity_id = s.id
        WHERE e.profile_id = s.profile_id AND e.record_id = r.id
    """)


def _move_identities() -> None:
    """Where each belonged is kept as an alias, but for those who are new in this very transaction.

    They move now, and not when the transaction began: it may have waited, and what was recorded of them meanwhile was
    said while they still were where they had been.
    """
    moment = {"moment": clock.now()}
    execute(
        """
        INSERT INTO profiles_alias (identity_id, profile, valid_from, valid_to)
        SELECT s.id, s.profile_id, s.profile_since, %(moment)s FROM profiles_sourceidentity s
        JOIN stage_partition p ON p.identity = s.id WHERE s.profile_id <> p.profile AND s.profile_since <> now()
        """,
        moment,
    )
    execute(
        """
        UPDATE profiles_sourceidentity s SET profile_id = p.profile, profile_since = %(moment)s FROM stage_partition p
        WHERE s.id = p.identity AND s.profile_id <> p.profile
        """,
        moment,
    )


def drop_profiles(profiles: list[UUID]) -> None:
    """Those without an identity go, with their golden values; the stub of an erased one stays.

    Each is merged into where the identity stands whose id it had.
    """
    merged = """
        SELECT dropped.id AS profile, s.profile_id AS object, '{}'::text[] AS what
        FROM dropped JOIN profiles_sourceidentity s ON s.id = dropped.id
    """
    execute(
        f"""
        WITH gone AS (
            SELECT p.id FROM profiles_profile p WHERE p.id = ANY(%s) AND p.erased_at IS NULL
            AND NOT EXISTS (SELECT FROM profiles_sourceidentity s WHERE s.profile_id = p.id)
        ), values AS (
            DELETE FROM profiles_goldenvalue g USING gone WHERE g.profile_id = gone.id
        ), dropped AS (
            DELETE FROM profiles_profile p USING gone WHERE p.id = gone.id RETURNING p.id
        )
        {changes.insertion(kind=ChangeKind.PROFILE_MERGED, rows=merged)}
        """,
        [profiles],
    )


def count_profiles(profiles: list[UUID]) -> None:
    """Count `profiles` anew: their identities, and when they were first and last seen in records and events."""
    changed = "SELECT id AS profile, NULL::uuid AS object, '{source_records}'::text[] AS what FROM counted"
    execute(
        f"""
        WITH counted AS (
            UPDATE profiles_profile p SET is_test = c.is_test, identity_count = c.identity_count,
                first_seen_at = c.first_seen_at, last_seen_at = c.last_seen_at
            FROM (
                SELECT s.profile_id AS id, bool_or(s.is_test) AS is_test, count(*) AS identity_count,
                       least(min(r.first), e.first) AS first_seen_at, greatest(max(r.last), e.last) AS last_seen_at
                FROM profiles_sourceidentity s
                JOIN LATERAL (SELECT min(observed_at) AS first, max(observed_at) AS last FROM profiles_record
                              WHERE identity_id = s.id) r ON true
                JOIN LATERAL (SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM profiles_event
                              WHERE profile_id = s.profile_id) e ON true
                WHERE s.profile_id = ANY(%s)
                GROUP BY s.profile_id, e.first, e.last
            ) c WHERE p.id = c.id RETURNING p.id
        )
        {changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=changed)}
        """,
        [profiles],
    )


def _see_profiles() -> None:
    """A new record may be older or newer than all that a profile was seen by."""
    execute("""
        UPDATE profiles_profile p SET first_seen_at = least(p.first_seen_at, r.first),
            last_seen_at = greatest(p.last_seen_at, r.last)
        FROM (
            SELECT stage.profile, min(r.observed_at) AS first, max(r.observed_at) AS last
            FROM stage_partition stage JOIN profiles_record r ON r.identity_id = stage.identity GROUP BY stage.profile
        ) r WHERE p.id = r.profile AND (p.first_seen_at > r.first OR p.last_seen_at < r.last)
    """)


def _write_refusals() -> None:
    """The refused links of the staged identities are the staged ones; one that stands keeps its date."""
    execute("""
        DELETE FROM profiles_refusedlink l USING stage_partition p WHERE l.identity_id = p.identity AND NOT EXISTS (
            SELECT FROM stage_refused r
            WHERE (r.identity, r.other, r.namespace) = (l.identity_id, l.other_id, l.namespace_id))
    """)
    execute("""
        INSERT INTO profiles_refusedlink (identity_id, other_id, namespace_id, reason)
        SELECT identity, other, namespace, reason FROM stage_refused
        ON CONFLICT (identity_id, other_id, namespace_id) DO UPDATE SET reason = excluded.reason
        WHERE profiles_refusedlink.reason <> excluded.reason
    """)
