"""What the tables of segments refuse: definitions and shipments stand; a membership may only be closed."""

from django.db import migrations

from cdp.kit.appendonly import append_only, guard_functions, guard_history


class Migration(migrations.Migration):
    dependencies = [("segments", "0001_initial")]
    operations = [
        guard_functions(),
        append_only("segments_segmentversion"),
        append_only("segments_shipment", erasable=True),
        append_only("segments_membership", but=("left_at", "left_run_id"), erasable=True),
        guard_history("segments_segment", "segments_historicalsegment", but=("members", "computed_at", "stale_reason")),
        guard_history("segments_destination", "segments_historicaldestination"),
    ]
