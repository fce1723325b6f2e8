"""A digest is looked up whole: the index by its first letters cost every row that is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("consents", "0009_corrections_queue")]
    operations = [
        migrations.AlterField("consentevidence", "digest", models.CharField(max_length=64, verbose_name="digest")),
        migrations.AddConstraint(
            "consentevidence", models.UniqueConstraint(fields=["digest"], name="consents_evidence_once")
        ),
    ]
