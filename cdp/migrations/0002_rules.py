"""The functions that the rules of every app use; the history of service keys is evidence."""

from django.db import migrations

from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [("cdp", "0001_initial")]
    operations = [Rules("cdp")]
