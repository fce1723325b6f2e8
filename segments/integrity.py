"""Are the members what their definition says? Asked as of the last run, of the people of whom nothing changed since."""

from cdp.kit import sql
from segments import membership, reach
from segments.catalogue import Catalogue
from segments.compiler import compile
from segments.definitions import in_order
from segments.flags import flagged
from segments.language import read
from segments.models import Run, RunState, Segment, SegmentState

#: Open intervals and a fresh computing, where they differ. People who changed after the run differ rightly: the next
#: run moves them. Runs of which nobody was told (a merge closes intervals at once) leave no open interval to differ.
DIFFERENCES = """
SELECT count(*) FROM (
    SELECT profile_id FROM segments_membership WHERE segment_id = %s AND left_at IS NULL
) open FULL JOIN (
    SELECT m.profile_id FROM ({meant}) m
    WHERE NOT EXISTS (SELECT FROM ({flagged}) f WHERE f.profile_id = m.profile_id)
) fresh USING (profile_id)
LEFT JOIN profiles_profile p ON p.id = profile_id
WHERE (open.profile_id IS NULL OR fresh.profile_id IS NULL)
  AND NOT coalesce(p.updated_at > %s, false)
  AND NOT EXISTS (SELECT FROM profiles_event e WHERE e.profile_id = p.id AND e.received_at > %s)
  AND NOT EXISTS (SELECT FROM consents_consentrecord c WHERE c.profile_id = p.id AND c.recorded_at > %s)
"""
#: Segments whose figure is not the number of their open intervals.
MISCOUNTED = """
SELECT count(*) FROM segments_segment s WHERE s.computed_at IS NOT NULL AND s.members IS DISTINCT FROM (
    SELECT count(*) FROM segments_membership m WHERE m.segment_id = s.id AND m.entered_at <= s.computed_at
       AND (m.left_at IS NULL OR m.left_at > s.computed_at))
"""


def verify() -> dict[str, int]:
    """{projection: rows that differ}."""
    return {
        "membership": sum(_differences(segment, run) for segment, run in _computed()),
        "members": sql.value(MISCOUNTED),
    }


def rebuild() -> None:
    """Compute every active segment anew, each after those it reads."""
    active = list(Segment.objects.filter(state=SegmentState.ACTIVE))
    for segment in in_order(active, Catalogue.load()):
        membership.refresh(segment)
        reach.count(segment)


def _computed() -> list[tuple[Segment, Run]]:
    """Active segments with the run that last computed them, by the definition that it used."""
    last = Run.objects.filter(state=RunState.DONE).order_by("version__segment", "-id").distinct("version__segment")
    runs = last.select_related("version__segment")
    return [(run.version.segment, run) for run in runs if run.version.segment.state == SegmentState.ACTIVE]


def _differences(segment: Segment, run: Run) -> int:
    meant = compile(read(run.version.definition), as_of=run.as_of)
    statement = DIFFERENCES.format(meant=meant.sql, flagged=flagged().replace("%", "%%"))
    return sql.value(statement, (segment.pk, *meant.params, run.as_of, run.as_of, run.as_of))
