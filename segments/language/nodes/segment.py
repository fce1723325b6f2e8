"""`{"segment": key, "in": true | false}`: members of another segment, as last computed by `as_of`."""

from django.utils.translation import gettext as _

from cdp.base.database import sql
from profiles.values.lookup import IDS_OF
from segments.language.nodes.base import Node
from segments.language.sets import PeopleSet


class SegmentNode(Node):
    key = "segment"

    def check(self, catalogue):
        segment = catalogue.segments.get(self.body["segment"])
        if segment is None or segment.current is None:
            detail = _("There is no active segment “%(key)s”.") % {"key": self.body["segment"]}
            yield self.problem("segment", "unknown_segment", detail)

    def people(self, frame):
        """An interval keeps the id that the person had then."""
        narrowed, only = frame.narrowed("s.profile_id")
        as_of = frame.clock.as_of
        return PeopleSet(
            "SELECT s.profile_id FROM segments_membership m JOIN profiles_sourceidentity s ON s.id = m.profile_id"
            " WHERE m.segment_id = %s AND m.entered_at <= %s"
            f" AND (m.left_at IS NULL OR m.left_at > %s){narrowed}",
            (frame.catalogue.segments[self.body["segment"]].pk, as_of, as_of, *only),
            rest=not self.body["in"],
        )

    def clause(self, catalogue):
        segment = catalogue.segments.get(self.body["segment"])
        told = _("who are in the segment %(title)s") if self.body["in"] else _("who are not in the segment %(title)s")
        return told % {"title": f"*{segment.title if segment else self.body['segment']}*"}

    def explain(self, profile, frame):
        evidence = sql.dicts(
            f"""SELECT m.entered_at, m.left_at, v.number AS definition FROM segments_membership m
            JOIN segments_run r ON r.id = m.entered_run_id JOIN segments_segmentversion v ON v.id = r.version_id
            WHERE m.segment_id = %s AND m.profile_id IN ({IDS_OF.format(asked="%s")})
            ORDER BY m.left_at IS NOT NULL, m.entered_at DESC LIMIT 20""",
            (frame.catalogue.segments[self.body["segment"]].pk, profile),
        )
        return {"value": any(one["left_at"] is None for one in evidence), "evidence": evidence}
