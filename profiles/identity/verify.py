"""Is every projection of `profiles` what its evidence says? Fold it all again, compare in SQL, and mend."""

from collections.abc import Iterator
from uuid import UUID

from django.db import transaction

from cdp.base.database.snapshot import one_snapshot
from cdp.base.database.sql import execute, rows, value
from cdp.base.progress import SILENT, Progress
from profiles.changes.after_fold import follow_fold
from profiles.identity import apply, component, resolution
from profiles.records import locks
from profiles.values import golden

BLOCK = 20_000

STAGED = """
    SELECT p.identity AS id, p.profile AS profile_id, s.external_key
    FROM stage_partition p JOIN profiles_sourceidentity s ON s.id = p.identity
"""

#: Facts of a record, of an event, or of what people edit, that is not there, or whose record is another person's: what
#: foreign keys would refuse row by row. The evidence itself is damaged then; no fold mends it, a backup does.
REFERENCES = """
    SELECT r.id::text AS id, r.identity_id::text AS stored, s.id::text AS folded FROM profiles_record r
    LEFT JOIN profiles_sourceidentity s ON s.id = r.identity_id WHERE s.id IS NULL
    UNION ALL
    SELECT concat_ws('/', i.namespace_id, i.blind, i.identity_id, i.record_id), i.record_id::text, r.id::text
    FROM profiles_identifier i
    LEFT JOIN profiles_record r ON r.id = i.record_id AND r.identity_id = i.identity_id
    LEFT JOIN profiles_namespace n ON n.id = i.namespace_id WHERE r.id IS NULL OR n.id IS NULL
    UNION ALL
    SELECT r.id::text, said.code, NULL FROM profiles_record r, jsonb_object_keys(r.traits) AS said(code)
    LEFT JOIN profiles_attribute a ON a.code = said.code WHERE a.id IS NULL
    UNION ALL
    SELECT e.id::text, e.name_id::text, NULL FROM profiles_event e
    LEFT JOIN profiles_eventname n ON n.id = e.name_id WHERE n.id IS NULL
    UNION ALL
    SELECT e.id::text, concat_ws('/', e.source_id, e.file_import_id, e.record_id, e.profile_id), NULL
    FROM profiles_event e LEFT JOIN profiles_source s ON s.id = e.source_id
    LEFT JOIN profiles_fileimport f ON f.number = e.file_import_id LEFT JOIN profiles_record r ON r.id = e.record_id
    WHERE s.id IS NULL OR (e.file_import_id IS NOT NULL AND f.id IS NULL)
    OR (r.id IS NULL AND (e.record_id, e.profile_id) IS DISTINCT FROM (NULL, NULL))
    UNION ALL
    SELECT l.event_id || '/' || l.position, l.event_id::text, NULL FROM profiles_orderline l
    LEFT JOIN profiles_event e ON e.id = l.event_id AND e.occurred_at = l.occurred_at WHERE e.id IS NULL
"""

#: {projection: query of the rows that differ}. Its first column is the key that `rebuild` mends.
DIFFERENCES = {
    "references": REFERENCES,
    "identities": """
        SELECT s.id, s.profile_id AS stored, p.profile AS folded FROM profiles_sourceidentity s
        JOIN stage_partition p ON p.identity = s.id WHERE s.profile_id <> p.profile
    """,
    "events": """
        SELECT e.id, e.profile_id AS stored, p.profile AS folded FROM profiles_event e
        JOIN profiles_record r ON r.id = e.record_id JOIN stage_partition p ON p.identity = r.identity_id
        WHERE e.profile_id IS DISTINCT FROM p.profile
    """,
    "profiles": """
        WITH said AS (
            SELECT p.profile AS id, bool_or(s.is_test) AS is_test, count(DISTINCT s.id) AS identity_count,
                   min(r.observed_at) AS first, max(r.observed_at) AS last
            FROM stage_partition p JOIN profiles_sourceidentity s ON s.id = p.identity
            JOIN profiles_record r ON r.identity_id = s.id GROUP BY p.profile
        ), done AS (
            SELECT p.profile AS id, min(e.occurred_at) AS first, max(e.occurred_at) AS last
            FROM stage_partition p JOIN profiles_record r ON r.identity_id = p.identity
            JOIN profiles_event e ON e.record_id = r.id GROUP BY p.profile
        ), folded AS (
            SELECT id, said.is_test, said.identity_count, least(said.first, done.first) AS first_seen_at,
                   greatest(said.last, done.last) AS last_seen_at
            FROM said LEFT JOIN done USING (id)
        )
        SELECT coalesce(stored.id, folded.id) AS id, stored.identity_count AS stored, folded.identity_count AS folded
        FROM (SELECT * FROM profiles_profile WHERE erased_at IS NULL) stored FULL JOIN folded ON folded.id = stored.id
        WHERE (stored.id, stored.is_test, stored.identity_count, stored.first_seen_at, stored.last_seen_at)
            IS DISTINCT FROM
              (folded.id, folded.is_test, folded.identity_count, folded.first_seen_at, folded.last_seen_at)
    """,
    "refused_links": """
        SELECT coalesce(l.identity_id, r.identity) AS id, l.reason AS stored, r.reason AS folded
        FROM profiles_refusedlink l FULL JOIN stage_refused r
        ON (r.identity, r.other, r.namespace) = (l.identity_id, l.other_id, l.namespace_id)
        WHERE l.reason IS DISTINCT FROM r.reason
    """,
    "golden_values": f"""
        WITH {golden.CANDIDATES.format(people=STAGED)}, {golden.WINNERS},
        {golden.DIFFERING.format(stored="SELECT * FROM profiles_goldenvalue")}
        SELECT profile_id AS id, stored, record_id AS folded FROM differing
    """,
}


@one_snapshot()
def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: number of rows that differ from a fresh fold}, all of one moment. Nobody waits for it."""
    _fold_everybody(progress)
    progress.begin("projections of people", total=len(DIFFERENCES))
    found = {}
    for name, query in DIFFERENCES.items():
        found[name] = value(f"SELECT count(*) FROM ({query}) d")
        progress.add()
    return found


@one_snapshot()
def differences(projection_name: str, *, limit: int = 100) -> list[tuple[UUID, object, object]]:
    """(id, what is stored, what a fresh fold gives) of rows that differ, at most `limit`; None stands for no row."""
    _fold_everybody()
    return rows(f"SELECT * FROM ({DIFFERENCES[projection_name]}) d LIMIT %s", [limit])


@transaction.atomic
def rebuild(progress: Progress = SILENT) -> None:
    """Make every projection what a fresh fold gives; those kept by profile above this app are told what moved.

    The one act that all writers of people wait for.
    """
    locks.hold_everybody()
    _fold_everybody(progress)
    progress.begin("projections of people")
    moved = apply.write()
    apply.make_profiles()
    _mend_events()
    wrong = _differing("profiles")
    apply.drop_profiles(wrong)
    apply.count_profiles(wrong)
    stale = set(_differing("golden_values"))
    golden.fold(profiles=stale)
    follow_fold(profiles={new for _, new in moved.values()} | stale, moved=moved)


def _fold_everybody(progress: Progress = SILENT) -> None:
    """Stage the partition of all identities, block by block; who was staged with another block is not asked again."""
    policy = component.joining()
    apply.clear()
    progress.begin("people of sources", total=value("SELECT count(*) FROM profiles_sourceidentity"))
    for block in _unstaged():
        result = resolution.partitioned(block, component.connected_component(block, policy), policy)
        apply.stage(result.profile, result.refused)
        progress.add(len(result.profile))
    execute("ANALYZE stage_partition")


def _unstaged() -> Iterator[set[UUID]]:
    query = """
        SELECT s.id FROM profiles_sourceidentity s LEFT JOIN stage_partition p ON p.identity = s.id
        WHERE p.identity IS NULL AND (%(last)s::uuid IS NULL OR s.id > %(last)s) ORDER BY s.id LIMIT %(block)s
    """
    last = None
    while block := rows(query, {"last": last, "block": BLOCK}):
        last = block[-1][0]
        yield {identity for (identity,) in block}


def _mend_events() -> None:
    execute("""
        UPDATE profiles_event e SET profile_id = p.profile
        FROM profiles_record r JOIN stage_partition p ON p.identity = r.identity_id
        WHERE r.id = e.record_id AND e.profile_id IS DISTINCT FROM p.profile
    """)


def _differing(name: str) -> list[UUID]:
    return [key for key, *_ in rows(DIFFERENCES[name])]
