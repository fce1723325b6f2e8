"""Which address went, so that a file is kept here once a person may be reached only at another."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("segments", "0007_channels_that_there_are"),
    ]

    operations = [
        migrations.AddField(
            model_name="shipment",
            name="identifier",
            field=models.UUIDField(
                help_text="The identifier that went, where one did.", null=True, verbose_name="address"
            ),
        ),
    ]
