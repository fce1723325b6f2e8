"""Keys of events without a foreign key, like the events themselves."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("profiles", "0004_who_an_id_meant")]
    operations = [
        migrations.AlterField(
            "eventkey",
            "source",
            models.ForeignKey(
                to="profiles.source",
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
            ),
        ),
    ]
