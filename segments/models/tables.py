"""What each table of `segments` is, and what of it may change (see cdp.base.database.tables)."""

from cdp.base.database.tables import evidence, moving, projection, reference

FOUND = "members entered left left_out snapshot epoch leased_until error finished_at"
WRITTEN = "members sent removed left_out stored_as sha256 manifest"
END = "error finished_at"

TABLES = [
    evidence("segments.SegmentVersion"),
    evidence("segments.Membership", once="left_at left_run", deleted="erasing"),
    evidence("segments.DeliveredPerson", deleted="erasing"),
    moving("segments.Run", begins="running", steps={"running": "done failed"}, writes={"running": FOUND}),
    moving(
        "segments.Activation",
        begins="waiting approved",
        steps={"waiting": "approved cancelled", "approved": "done failed cancelled"},
        writes={"waiting": f"approved_by {END}", "approved": f"{WRITTEN} {END}"},
        once="approved_by",
    ),
    reference("segments.Segment"),
    reference("segments.Destination"),
    *projection("segments.Reach"),
]
