"""Corrections that wait are a queue: found by state and by purpose, whatever number was decided before."""

import django.db.models.deletion
from django.db import migrations, models

from cdp.kit.appendonly import PlainSQL, append_only

TABLE = "consents_correctionrequest"
DECIDED = ("decided_by_id", "decided_at", "approved")
PURPOSE_OF_ENTRY = f"""
    SET CONSTRAINTS ALL IMMEDIATE;
    UPDATE {TABLE} c SET purpose_id = l.purpose_id
    FROM consents_historicalconsentrecord l WHERE l.history_id = c.entry
"""


def foreign_key(**options) -> models.ForeignKey:
    return models.ForeignKey(
        db_index=False,
        help_text="As the entry says, which never changes: so that the queue is found by it.",
        on_delete=django.db.models.deletion.PROTECT,
        related_name="+",
        to="consents.purpose",
        verbose_name="purpose",
        **options,
    )


def without_guard() -> PlainSQL:
    """The guard names the columns that it was made with: it is taken away here, and made anew with the purpose."""
    guard = append_only(TABLE, but=DECIDED)
    return PlainSQL(guard.reverse_sql, guard.sql)


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0008_suppressed_addresses"),
    ]

    operations = [
        without_guard(),
        migrations.AddField("correctionrequest", "purpose", foreign_key(null=True), preserve_default=False),
        migrations.RunSQL(PURPOSE_OF_ENTRY, migrations.RunSQL.noop),
        migrations.AlterField("correctionrequest", "purpose", foreign_key()),
        append_only(TABLE, but=DECIDED),
        migrations.AddIndex(
            model_name="correctionrequest",
            index=models.Index(
                condition=models.Q(("decided_at", None)), fields=["id"], name="consents_correction_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="correctionrequest",
            index=models.Index(fields=["approved", "id"], name="consents_correction_decided"),
        ),
        migrations.AddIndex(
            model_name="correctionrequest",
            index=models.Index(fields=["purpose", "approved", "id"], name="consents_correction_purpose"),
        ),
    ]
