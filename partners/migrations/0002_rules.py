"""Terms stand once proposed, approvals are others', a delivery goes one way, and disclosures are evidence."""

from django.db import migrations

from cdp.base.database.triggers import Rules


class Migration(migrations.Migration):
    dependencies = [("cdp", "0002_rules"), ("partners", "0001_initial")]
    operations = [Rules("partners")]
