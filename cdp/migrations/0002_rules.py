"""The history of service keys cannot be altered, and no key changes without it."""

from django.db import migrations

from cdp.kit.appendonly import guard_functions, guard_history


class Migration(migrations.Migration):
    dependencies = [("cdp", "0001_initial")]
    operations = [
        guard_functions(),
        guard_history("cdp_servicekey", "cdp_historicalservicekey", but=("last_used_at", "digest")),
    ]
