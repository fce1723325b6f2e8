"""What `segments` holds of people (see cdp.base.personal_data)."""

from cdp.base.personal_data import Holding

HOLDINGS = [
    Holding(
        "segments.Membership",
        exported=True,
        erased=True,
        person="profile",
        open="id segment entered_at left_at entered_run left_run",
    ),
    Holding(
        "segments.DeliveredPerson",
        exported=True,
        erased=True,
        person="profile",
        keyed="identifier",
        open="id activation outcome reason consent_position",
    ),
    Holding("segments.Destination", open="id key title kind purpose channel fields active"),
    Holding(
        "segments.Activation",
        open="id segment destination version state members sent removed left_out stored_as sha256 manifest error "
        "requested_at finished_at",
        staff="requested_by approved_by",
    ),
    Holding(
        "segments.Segment",
        open="id key title state current refresh_minutes members computed_at stale_reason created_at",
        staff="owner",
    ),
    Holding("segments.SegmentVersion", open="id segment number definition reason created_at", staff="author"),
    Holding("segments.Reach", open="id segment purpose channel members reachable left_out counted_at"),
    Holding(
        "segments.Run",
        open="id version as_of state members entered left left_out snapshot epoch leased_until error"
        " started_at finished_at",
        staff="started_by",
    ),
]
