"""Whose password was set by somebody else chooses a new one at the next sign-in."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("cdp", "0006_who_made_a_key")]
    operations = [
        migrations.AddField(
            "user",
            "must_choose_password",
            models.BooleanField(default=False, editable=False, verbose_name="must choose a new password"),
        ),
    ]
