"""An address is looked up among the suppressed ones by its digest, lifted or not."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("consents", "0007_corrections"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="suppression",
            index=models.Index(fields=["namespace", "blind"], name="consents_suppression_address"),
        ),
    ]
