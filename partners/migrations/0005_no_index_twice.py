"""Where an index begins with the columns of another, the other is not kept: it costs every row that is written."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("partners", "0004_delivery_moves")]
    operations = [
        migrations.AlterField(
            "disclosureentry",
            "delivery",
            models.ForeignKey(
                "partners.delivery", models.PROTECT, related_name="disclosures", db_index=False, verbose_name="delivery"
            ),
        ),
    ]
