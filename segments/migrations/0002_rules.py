"""Definitions and delivered people stand, memberships are only closed, runs and activations go one way."""

from django.db import migrations

from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [("cdp", "0002_rules"), ("segments", "0001_initial")]
    operations = [Rules("segments")]
