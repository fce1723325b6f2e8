"""What the admin looks up stays an index away at a million people: an order, a failed batch, what waits, who looked."""

from django.contrib.postgres.indexes import GinIndex
from django.db import migrations, models

EVENTS_BY_ORDER = migrations.RunSQL(
    "CREATE INDEX profiles_event_by_order ON profiles_event (order_id) WHERE order_id IS NOT NULL",
    "DROP INDEX profiles_event_by_order",
)


class Migration(migrations.Migration):
    dependencies = [("profiles", "0002_rules")]
    operations = [
        EVENTS_BY_ORDER,
        migrations.AddIndex(
            "inbox", models.Index(fields=["id"], condition=models.Q(state="failed"), name="profiles_inbox_failed")
        ),
        migrations.AddIndex(
            "workitem", models.Index(fields=["state", "kind", "created_at"], name="profiles_workitem_queue")
        ),
        migrations.AddIndex("accessentry", GinIndex(fields=["subjects"], name="profiles_access_by_person")),
    ]
