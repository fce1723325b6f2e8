"""An address has one suppression row in each namespace that reads it alike; together they are one entry."""

from django.db import migrations, models

import cdp.kit.ids
from cdp.kit.appendonly import PlainSQL

DROP = "".join(f"DROP TRIGGER append_only_{act} ON consents_suppression;" for act in ("update", "delete", "truncate"))
GUARD = "SELECT kendt_make_append_only('consents_suppression', '{lifted_at,lifted_reason}', false);"


class Migration(migrations.Migration):
    dependencies = [("consents", "0003_contact_points")]
    operations = [
        PlainSQL(DROP, GUARD),
        migrations.AddField(
            "suppression",
            "entry",
            models.UUIDField(
                db_index=True,
                default=cdp.kit.ids.uuid7,
                editable=False,
                help_text="One address has a row in each namespace that reads it alike; "
                "the first gives the entry its id.",
                verbose_name="entry",
            ),
        ),
        PlainSQL("UPDATE consents_suppression SET entry = id;", migrations.RunSQL.noop),
        PlainSQL(GUARD, DROP),
    ]
