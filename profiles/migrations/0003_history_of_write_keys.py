"""The history of write keys."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import cdp.base.database.ids
from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [
        ("cdp", "0003_history_of_users"),
        ("profiles", "0002_rules"),
    ]

    operations = [
        migrations.CreateModel(
            name="HistoricalSourceKey",
            fields=[
                ("id", models.UUIDField(db_index=True, default=cdp.base.database.ids.uuid7, editable=False)),
                ("start", models.CharField(max_length=8, verbose_name="begins with")),
                ("is_test", models.BooleanField(default=False, verbose_name="test key")),
                ("created_at", models.DateTimeField(blank=True, editable=False, verbose_name="created")),
                ("revoked_at", models.DateTimeField(blank=True, null=True, verbose_name="revoked")),
                ("history_user_id", models.UUIDField(null=True)),
                ("history_id", models.BigAutoField(editable=False, primary_key=True, serialize=False)),
                ("history_date", models.DateTimeField()),
                ("history_change_reason", models.TextField(null=True)),
                (
                    "history_type",
                    models.CharField(choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1),
                ),
                (
                    "source",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="profiles.source",
                        verbose_name="source",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical write key",
                "verbose_name_plural": "historical write keys",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
                "indexes": [models.Index(fields=["history_date", "id"], name="profiles_hi_history_95a5c5_idx")],
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        Rules("profiles"),
    ]
