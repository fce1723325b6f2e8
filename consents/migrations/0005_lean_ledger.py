"""Indexes that nothing asks the ledger by: each would be written for every decision."""

from django.db import migrations

TABLE = "consents_historicalconsentrecord"
UNASKED = {
    "consents_hi_history_d8e9db_idx": "history_date, id",
    f"{TABLE}_collection_point_id_41ae3fe9": "collection_point_id",
    f"{TABLE}_controller_id_d182a4c6": "controller_id",
    f"{TABLE}_source_id_257d1a2a": "source_id",
    f"{TABLE}_notice_version_id_069cc2b8": "notice_version_id",
    f"{TABLE}_purpose_id_67174843": "purpose_id",
    f"{TABLE}_purpose_version_id_27da527b": "purpose_version_id",
}


class Migration(migrations.Migration):
    dependencies = [("consents", "0004_suppression_entries")]
    operations = [
        migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {TABLE} ({columns})")
        for name, columns in UNASKED.items()
    ]
