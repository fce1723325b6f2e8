"""The home page of compliance counts withdrawals by day without reading the ledger."""

from django.db import migrations

WITHDRAWALS = migrations.RunSQL(
    "CREATE INDEX consents_ledger_withdrawals ON consents_historicalconsentrecord (history_date) "
    "WHERE state = 'ConsentWithdrawn'",
    "DROP INDEX consents_ledger_withdrawals",
)


class Migration(migrations.Migration):
    dependencies = [("cdp", "0003_staff_sessions"), ("consents", "0002_rules")]
    operations = [WITHDRAWALS]
