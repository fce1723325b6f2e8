"""What a file reports is proven by its row: the ledger names import and row, and keeps no text in their stead."""

from django.db import migrations, models

MODELS = ("consentrecord", "historicalconsentrecord")


class Migration(migrations.Migration):
    dependencies = [("consents", "0011_notices_in_use_one_at_a_time")]
    operations = [
        operation
        for name in MODELS
        for operation in (
            migrations.AddField(name, "batch", models.UUIDField(blank=True, null=True, verbose_name="import")),
            migrations.AddField(
                name, "row_number", models.PositiveIntegerField(blank=True, null=True, verbose_name="row")
            ),
        )
    ] + [
        migrations.RunSQL(
            """
            ALTER TABLE consents_historicalconsentrecord ADD CONSTRAINT consents_ledger_row_is_of_an_import CHECK (
                (batch IS NULL) = (row_number IS NULL) AND (batch IS NULL OR method = 'import'))
            """,
            "ALTER TABLE consents_historicalconsentrecord DROP CONSTRAINT consents_ledger_row_is_of_an_import",
        )
    ]
