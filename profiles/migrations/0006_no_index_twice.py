"""Where an index begins with the columns of another, the other is not kept: it costs every row that is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0005_event_keys_stand_alone")]
    operations = [
        migrations.AlterField(
            "identifier",
            "subject",
            models.ForeignKey(
                "profiles.subject", models.PROTECT, related_name="identifiers", db_index=False, verbose_name="subject"
            ),
        ),
        migrations.AlterField(
            "record",
            "subject",
            models.ForeignKey(
                "profiles.subject", models.PROTECT, related_name="records", db_index=False, verbose_name="subject"
            ),
        ),
        migrations.AlterField(
            "subject",
            "source",
            models.ForeignKey(
                "profiles.source", models.PROTECT, related_name="+", db_index=False, verbose_name="source"
            ),
        ),
    ]
