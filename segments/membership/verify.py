"""Are the members what their definition says? Asked as of the last run, of the people of whom nothing changed since."""

from contextlib import suppress

from cdp.base.database import sql
from cdp.base.progress import SILENT, Progress
from consents.permission.excluded import flagged
from profiles import changes
from segments.language.compiler import compile
from segments.language.parsing import read
from segments.language.vocabulary import Catalogue
from segments.membership import compute
from segments.membership.definitions import in_order
from segments.models import Run, RunState, Segment, SegmentState

#: True for a row that was committed after the run looked. `xmin` is the low half of the number of the transaction that
#: wrote it; the high half follows from the latest number there is.
NEWER = """NOT pg_visible_in_snapshot(
    (latest.number - ((latest.number - x.xmin::text::bigint) & 4294967295))::text::xid8, seen.snapshot)"""

#: Rows that a rule or a flag reads of the person `d.profile_id`.
READ = [
    "profiles_profile x WHERE x.id = d.profile_id",
    "profiles_goldenvalue x WHERE x.profile_id = d.profile_id",
    "profiles_sourceidentity x WHERE x.profile_id = d.profile_id",
    "profiles_event x WHERE x.profile_id = d.profile_id",
    "consents_consentrecord x WHERE x.profile_id = d.profile_id",
    "consents_restriction x JOIN profiles_sourceidentity s ON s.id = x.identity_ref WHERE s.profile_id = d.profile_id",
    "consents_objection x JOIN profiles_sourceidentity s ON s.id = x.identity_ref WHERE s.profile_id = d.profile_id",
    "segments_membership x WHERE x.profile_id = d.profile_id AND x.segment_id <> d.segment_id",
]
UNCHANGED = " AND ".join(f"NOT EXISTS (SELECT FROM {rows} AND {NEWER})" for rows in READ)

#: Open intervals and a fresh computing, where they differ without a reason. Of people who changed since, they differ
#: rightly: the next run moves them.
DIFFERENCES = f"""
WITH open AS (
    SELECT profile_id FROM segments_membership WHERE segment_id = %s AND left_at IS NULL
), fresh AS (
    SELECT m.profile_id FROM ({{meant}}) m
    WHERE NOT EXISTS (SELECT FROM ({{flagged}}) f WHERE f.profile_id = m.profile_id)
), d AS (
    SELECT coalesce(o.profile_id, f.profile_id) AS profile_id, %s::uuid AS segment_id
    FROM open o FULL JOIN fresh f ON f.profile_id = o.profile_id WHERE o.profile_id IS NULL OR f.profile_id IS NULL
)
SELECT count(*) FROM d
CROSS JOIN (SELECT %s::pg_snapshot AS snapshot) seen
CROSS JOIN (SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint AS number) latest
WHERE {UNCHANGED}
"""
#: Segments whose figure is not the number of those who were in when it was computed.
MISCOUNTED = """
SELECT count(*) FROM segments_segment s WHERE s.computed_at IS NOT NULL AND s.members IS DISTINCT FROM (
    SELECT count(*) FROM segments_membership m WHERE m.segment_id = s.id AND m.entered_at <= s.computed_at
       AND (m.left_at IS NULL OR m.left_at > s.computed_at))
"""


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: rows that differ}."""
    computed = _computed()
    progress.begin("segments", total=len(computed))
    moved = 0
    for segment, run in computed:
        moved += _differences(segment, run)
        progress.add()
    return {"membership": moved, "members": sql.value(MISCOUNTED)}


def rebuild(progress: Progress = SILENT) -> None:
    """Compute every active segment anew, each after those it reads."""
    active = list(Segment.objects.filter(state=SegmentState.ACTIVE))
    progress.begin("segments", total=len(active))
    for segment in in_order(active, Catalogue.load()):
        with suppress(compute.AlreadyRunning):  # somebody computes it at this moment
            compute.refresh(segment)
        progress.add()


def _computed() -> list[tuple[Segment, Run]]:
    """Active segments with the run that last computed them, but those computed before the database was restored.

    What their run saw cannot be told any more; they are asked again after their next run.
    """
    done = Run.objects.filter(state=RunState.DONE, version__segment__state=SegmentState.ACTIVE)
    last = done.order_by("version__segment_id", "-id").distinct("version__segment_id")
    epoch = changes.present().epoch
    return [(run.version.segment, run) for run in last.select_related("version__segment") if run.epoch == epoch]


def _differences(segment: Segment, run: Run) -> int:
    meant = compile(read(run.version.definition), as_of=run.as_of)
    statement = DIFFERENCES.format(meant=meant.sql, flagged=flagged().replace("%", "%%"))
    return sql.value(statement, (segment.pk, *meant.params, segment.pk, run.snapshot))
