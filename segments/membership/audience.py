"""Segments as audiences of partner deliveries (`partners.sharing.audiences`)."""

from uuid import UUID

from django.utils.translation import gettext as _

from segments.membership import reach
from segments.models import Segment, SegmentState


class SegmentsAsAudiences:
    """Members of a segment, asked for anew when a file is built."""

    @staticmethod
    def choices() -> list[tuple[UUID, str]]:
        usable = Segment.objects.filter(state=SegmentState.ACTIVE, computed_at__isnull=False)
        return [(segment.pk, _("Segment: %(title)s") % {"title": segment.title}) for segment in usable]

    @staticmethod
    def people(ref: UUID):
        segment = Segment.objects.filter(pk=ref, state=SegmentState.ACTIVE).first()
        return segment and reach.members_of(segment)
