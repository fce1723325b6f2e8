"""Write a partition: only what differs, and everything that hangs on it, in set-based statements.

The partition stands in a temporary table of ids while it is written; the same statements serve the stream, where it
holds a component, and the rebuild, where it holds everybody.
"""

from uuid import UUID

from cdp.kit.sql import copy_in, execute, rows

STAGE = "stage_partition"


def stage(profile: dict[UUID, UUID]) -> None:
    """Put {subject: profile} where the statements below find it."""
    execute(
        f"CREATE TEMP TABLE IF NOT EXISTS {STAGE} (subject uuid PRIMARY KEY, profile uuid NOT NULL) "
        "ON COMMIT DELETE ROWS"
    )
    execute(f"TRUNCATE {STAGE}")
    copy_in(STAGE, ["subject", "profile"], profile.items())


def move() -> dict[UUID, tuple[UUID, UUID]]:
    """Make subjects, their events, profiles and aliases follow the staged partition; give {subject: (old, new)}."""
    moved = {
        subject: (old, new)
        for subject, old, new in rows(
            f"SELECT p.subject, s.profile_id, p.profile FROM {STAGE} p JOIN profiles_subject s ON s.id = p.subject"
            " WHERE s.profile_id <> p.profile"
        )
    }
    if moved:
        old, new = ({pair[side] for pair in moved.values()} for side in (0, 1))
        _make_profiles(list(new))
        _move_events()
        _move_subjects()
        _move_aliases()
        _drop_profiles(list(old))
        _count_profiles(list(old | new))
    return moved


def _make_profiles(profiles: list[UUID]) -> None:
    execute(
        "INSERT INTO profiles_profile (id, is_test, subject_count)"
        " SELECT s.id, s.is_test, 1 FROM profiles_subject s WHERE s.id = ANY(%s) ON CONFLICT DO NOTHING",
        [profiles],
    )


def _move_events() -> None:
    """Found by their old profile, for which there is an index."""
    execute(f"""
        UPDATE profiles_event e SET profile_id = p.profile
        FROM {STAGE} p
        JOIN profiles_subject s ON s.id = p.subject AND s.profile_id <> p.profile
        JOIN profiles_record r ON r.subject_id = s.id
        WHERE e.profile_id = s.profile_id AND e.record_id = r.id
    """)


def _move_subjects() -> None:
    execute(
        f"UPDATE profiles_subject s SET profile_id = p.profile FROM {STAGE} p"
        " WHERE s.id = p.subject AND s.profile_id <> p.profile"
    )


def _move_aliases() -> None:
    """Close the present row and open the next; one opened in this very transaction never was, and is changed."""
    execute(f"""
        UPDATE profiles_alias a SET profile = p.profile FROM {STAGE} p
        WHERE a.subject_id = p.subject AND a.valid_to IS NULL AND a.valid_from = now() AND a.profile <> p.profile
    """)
    execute(f"""
        WITH closed AS (
            UPDATE profiles_alias a SET valid_to = now() FROM {STAGE} p
            WHERE a.subject_id = p.subject AND a.valid_to IS NULL AND a.profile <> p.profile
            RETURNING a.subject_id
        )
        INSERT INTO profiles_alias (subject_id, profile)
        SELECT p.subject, p.profile FROM {STAGE} p JOIN closed ON closed.subject_id = p.subject
    """)


def _drop_profiles(profiles: list[UUID]) -> None:
    """A profile that lost its last subject goes, with its golden values; the stub of an erased one stays."""
    execute(
        """
        WITH gone AS (
            SELECT id FROM profiles_profile WHERE id = ANY(%s) AND erased_at IS NULL
            AND NOT EXISTS (SELECT FROM profiles_subject s WHERE s.profile_id = profiles_profile.id)
        ), values AS (
            DELETE FROM profiles_goldenvalue g USING gone WHERE g.profile_id = gone.id
        )
        DELETE FROM profiles_profile USING gone WHERE profiles_profile.id = gone.id
        """,
        [profiles],
    )


#: What a profile row says, counted from its subjects' records and its events.
COUNTED = """
    SELECT s.profile_id AS id, bool_or(s.is_test) AS is_test, count(*) AS subject_count,
           least(min(r.first), e.first) AS first_seen_at, greatest(max(r.last), e.last) AS last_seen_at
    FROM profiles_subject s
    JOIN LATERAL (SELECT min(observed_at) AS first, max(observed_at) AS last FROM profiles_record
                  WHERE subject_id = s.id) r ON true
    LEFT JOIN LATERAL (SELECT min(occurred_at) AS first, max(occurred_at) AS last FROM profiles_event
                       WHERE profile_id = s.profile_id) e ON true
    WHERE {only}
    GROUP BY s.profile_id, e.first, e.last
"""


def _count_profiles(profiles: list[UUID]) -> None:
    execute(
        f"""
        UPDATE profiles_profile p SET is_test = c.is_test, subject_count = c.subject_count,
            first_seen_at = c.first_seen_at, last_seen_at = c.last_seen_at, updated_at = now()
        FROM ({COUNTED.format(only="s.profile_id = ANY(%s)")}) c WHERE p.id = c.id
        """,
        [profiles],
    )


def write_refusals(subjects: list[UUID], refused: set) -> None:
    """The refused links among `subjects` are these, and no others; one that stands keeps its date."""
    execute(
        "CREATE TEMP TABLE IF NOT EXISTS stage_refused (subject uuid, other uuid, namespace smallint, reason text)"
        " ON COMMIT DELETE ROWS"
    )
    execute("TRUNCATE stage_refused")
    copy_in("stage_refused", ["subject", "other", "namespace", "reason"], refused)
    execute(
        """
        DELETE FROM profiles_refusedlink l WHERE l.subject_id = ANY(%s) AND NOT EXISTS (
            SELECT FROM stage_refused r
            WHERE (r.subject, r.other, r.namespace) = (l.subject_id, l.other_id, l.namespace_id))
        """,
        [subjects],
    )
    execute("""
        INSERT INTO profiles_refusedlink (subject_id, other_id, namespace_id, reason)
        SELECT subject, other, namespace, reason FROM stage_refused
        ON CONFLICT (subject_id, other_id, namespace_id) DO UPDATE SET reason = excluded.reason
        WHERE profiles_refusedlink.reason <> excluded.reason
    """)
