"""The ledger by its own name in the admin."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0005_lean_ledger"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="historicalconsentrecord",
            options={
                "get_latest_by": ("history_date", "history_id"),
                "ordering": ("-history_date", "-history_id"),
                "verbose_name": "ledger entry",
                "verbose_name_plural": "consent ledger",
            },
        ),
    ]
