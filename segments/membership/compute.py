"""Who is in, since when. A run computes the set and applies one difference; intervals are only opened and closed."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.database import clock, sql, statistics
from cdp.base.errors import Refused
from consents.permission.excluded import flagged
from profiles import changes
from profiles.changes import ChangeKind
from segments.language.compiler import compile
from segments.language.parsing import understand
from segments.language.vocabulary import Catalogue
from segments.membership import reach
from segments.membership.definitions import Archived, in_order
from segments.models import Run, RunState, Segment, SegmentState

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 60
#: Longer than a living run takes: it has four statements that may each need all of the timeout.
LEASE = timedelta(seconds=5 * TIMEOUT_SECONDS)

MOVED = "SELECT profile_id AS profile, segment_id AS object, '{{}}'::text[] AS what FROM {moved}"
#: The full join is what keeps this linear: it cannot be planned as a loop over a table that grows meanwhile.
DIFFERENCE = f"""
WITH moves AS MATERIALIZED (
    SELECT coalesce(s.profile_id, m.profile_id) AS profile_id, m.profile_id IS NULL AS enters
    FROM (SELECT profile_id FROM segments_stage WHERE NOT flagged) s
    FULL JOIN (SELECT profile_id FROM segments_membership WHERE segment_id = %(segment)s AND left_at IS NULL) m
      ON m.profile_id = s.profile_id
    WHERE s.profile_id IS NULL OR m.profile_id IS NULL
), closed AS (
    UPDATE segments_membership m SET left_at = %(as_of)s, left_run_id = %(run)s FROM moves
    WHERE NOT moves.enters AND m.profile_id = moves.profile_id AND m.segment_id = %(segment)s AND m.left_at IS NULL
    RETURNING m.profile_id, m.segment_id
), opened AS (
    INSERT INTO segments_membership (segment_id, profile_id, entered_at, entered_run_id)
    SELECT %(segment)s, profile_id, %(as_of)s, %(run)s FROM moves WHERE enters
    RETURNING profile_id, segment_id
), told_left AS (
    {changes.insertion(kind=ChangeKind.MEMBER_LEFT, rows=MOVED.format(moved="closed"))}
), told_entered AS (
    {changes.insertion(kind=ChangeKind.MEMBER_ENTERED, rows=MOVED.format(moved="opened"))}
)
SELECT (SELECT count(*) FROM segments_stage WHERE NOT flagged), (SELECT count(*) FROM opened),
       (SELECT count(*) FROM closed), (SELECT count(*) FROM segments_stage WHERE flagged)
"""


class NotActive(Refused):
    """A segment without a definition in use has no members to compute."""

    code = "segment_not_active"
    sentence = gettext_lazy("The segment has no definition in use.")


class AlreadyRunning(Refused):
    """Another run of this segment has not ended."""

    code = "segment_running"
    sentence = gettext_lazy("The segment is being computed; wait for that run to end.")


class BeforeLastRun(Refused):
    """Intervals are written forward in time."""

    code = "before_last_run"
    status = 422
    sentence = gettext_lazy("The segment was already computed as of a later moment.")


def refresh(segment: Segment, *, by=None, as_of: datetime | None = None) -> Run:
    """Compute `segment` as of one instant (now, if none is given), after the segments it reads.

    A run that fails leaves the members as they were, marked stale; its `error` says why.
    """
    _refuse_unusable(segment)
    as_of = as_of or clock.now()
    *before, own = in_order([segment], Catalogue.load())
    for other in before:
        if not other.computed_at or other.computed_at < as_of:
            _run(other, as_of=as_of, by=by)
    return _run(own, as_of=as_of, by=by)


def _refuse_unusable(segment):
    if segment.state == SegmentState.ARCHIVED:
        raise Archived
    if segment.state != SegmentState.ACTIVE:
        raise NotActive


def _run(segment, *, as_of, by) -> Run:
    run = _claim(segment, as_of=as_of, by=by)
    statistics.analyze_stale_tables()
    try:
        with transaction.atomic():
            _compute(run)
    except Exception as trouble:  # whatever it is: a run that does not end would hold up the next
        if not isinstance(trouble, (DatabaseError, Refused)):
            log.exception("A segment could not be computed.")
        _fail(run, _said(trouble))
    else:
        reach.count(segment)
    return run


@transaction.atomic
def _claim(segment, *, as_of, by) -> Run:
    """A run with a lease; one that lost its worker is closed first."""
    segment = Segment.objects.select_for_update(of=("self",)).get(pk=segment.pk)
    if segment.computed_at and segment.computed_at > as_of:
        raise BeforeLastRun
    for running in Run.objects.filter(version__segment=segment, state=RunState.RUNNING):
        if running.leased_until > timezone.now():
            raise AlreadyRunning
        _fail(running, _("The worker was lost before the run ended."))
    return Run.objects.create(
        version_id=segment.current_id,
        as_of=as_of,
        state=RunState.RUNNING,
        leased_until=timezone.now() + LEASE,
        started_by=by,
    )


def _compute(run: Run) -> None:
    """Stage the set, apply the difference, and only then say that the segment is computed."""
    sql.execute(f"SET LOCAL statement_timeout = '{TIMEOUT_SECONDS}s'")
    run.snapshot, run.epoch = sql.value("SELECT pg_current_snapshot()::text"), changes.present().epoch
    _stage(run)
    segment = run.version.segment_id
    found = sql.rows(DIFFERENCE, {"as_of": run.as_of, "run": run.pk, "segment": segment})[0]
    run.members, run.entered, run.left, run.left_out = found
    run.state, run.finished_at = RunState.DONE, timezone.now()
    run.save()
    Segment.objects.filter(pk=segment).update(members=run.members, computed_at=run.as_of, stale_reason="")
    sql.execute("SET LOCAL statement_timeout = DEFAULT")


def _stage(run: Run) -> None:
    """Put whom the definition means into a stage table, those who are left out by flag marked.

    Loops are off: right after a large import the statistics are old, and one loop too many makes minutes of seconds.
    """
    catalogue = Catalogue.load()
    statement = compile(understand(run.version.definition, catalogue), as_of=run.as_of, catalogue=catalogue)
    sql.execute("DROP TABLE IF EXISTS segments_flagged, segments_stage")
    sql.execute(f"CREATE TEMP TABLE segments_flagged ON COMMIT DROP AS {flagged()}")
    sql.execute("SET LOCAL enable_nestloop = off")
    sql.execute(
        f"""CREATE TEMP TABLE segments_stage ON COMMIT DROP AS
        SELECT m.profile_id, f.profile_id IS NOT NULL AS flagged
        FROM ({statement.sql}) m LEFT JOIN segments_flagged f ON f.profile_id = m.profile_id""",
        statement.params,
    )
    sql.execute("SET LOCAL enable_nestloop = DEFAULT")
    sql.execute("ANALYZE segments_stage")


def _fail(run: Run, sentence: str) -> None:
    run.state, run.finished_at, run.error = RunState.FAILED, timezone.now(), sentence
    run.save()
    Segment.objects.filter(pk=run.version.segment_id).update(stale_reason=sentence)


def _said(trouble: Exception) -> str:
    if isinstance(trouble, Refused):
        return str(trouble)
    if "statement timeout" in str(trouble):
        return _("The computing took longer than %(seconds)s seconds.") % {"seconds": TIMEOUT_SECONDS}
    return _("The computing failed (%(kind)s).") % {"kind": type(trouble).__name__}


@transaction.atomic
def follow(*, moved: dict[UUID, tuple[UUID, UUID]], **_others) -> None:
    """After a fold: an id that is no profile of its own any more is a member of nothing; its intervals stay.

    The survivor is evaluated by the next run.
    """
    gone = {old for old, _new in moved.values()}
    if gone:
        sql.execute(
            f"""WITH closed AS (
                UPDATE segments_membership SET left_at = greatest(now(), entered_at)
                WHERE left_at IS NULL AND profile_id = ANY(%s)
                  AND NOT EXISTS (SELECT FROM profiles_profile p WHERE p.id = profile_id)
                RETURNING profile_id, segment_id
            ) {changes.insertion(kind=ChangeKind.MEMBER_LEFT, rows=MOVED.format(moved="closed"))}""",
            (list(gone),),
        )


def due(*, moment: datetime | None = None) -> list[Segment]:
    """Active segments whose time to be computed again has come, the longest ago first, those never computed last."""
    moment = moment or timezone.now()
    periodic = Segment.objects.filter(state=SegmentState.ACTIVE, refresh_minutes__isnull=False)
    return [
        segment
        for segment in periodic.order_by("computed_at")
        if not segment.computed_at or segment.computed_at + timedelta(minutes=segment.refresh_minutes) <= moment
    ]
