"""What the ledger is asked by and what it refuses; records are only folded, what is published stands."""

from django.db import migrations

from cdp.base.database.triggers import Rules

TABLE = "consents_historicalconsentrecord"

LEDGER = migrations.RunSQL(
    f"""
    ALTER TABLE {TABLE}
        ADD CONSTRAINT consents_ledger_grant_has_notice CHECK (
            state NOT IN ('ConsentGiven', 'RenewedConsentGiven')
            OR (purpose_version_id IS NOT NULL AND notice_version_id IS NOT NULL
                AND language <> '' AND collection_point_id IS NOT NULL)),
        ADD CONSTRAINT consents_ledger_only_corrections_are_stateless CHECK (state <> '' OR supersedes IS NOT NULL),
        ADD CONSTRAINT consents_ledger_row_is_of_an_import CHECK (
            (file_import IS NULL) = (row_number IS NULL) AND (file_import IS NULL OR method = 'import')),
        ADD CONSTRAINT consents_ledger_type CHECK (history_type IN ('+', '~'));
    CREATE UNIQUE INDEX consents_ledger_once_per_source_event ON {TABLE} (source_id, source_event_id);
    CREATE INDEX consents_ledger_of_identity ON {TABLE} (identity_ref);
    CREATE INDEX consents_ledger_of_record ON {TABLE} (record) WHERE record IS NOT NULL;
    CREATE INDEX consents_ledger_corrections ON {TABLE} (supersedes) WHERE supersedes IS NOT NULL;
    -- The home page of compliance counts withdrawals by day.
    CREATE INDEX consents_ledger_withdrawals ON {TABLE} (history_date) WHERE state = 'ConsentWithdrawn';
    """,
    f"""
    DROP INDEX consents_ledger_withdrawals, consents_ledger_corrections, consents_ledger_of_record,
        consents_ledger_of_identity, consents_ledger_once_per_source_event;
    ALTER TABLE {TABLE} DROP CONSTRAINT consents_ledger_grant_has_notice,
        DROP CONSTRAINT consents_ledger_only_corrections_are_stateless,
        DROP CONSTRAINT consents_ledger_row_is_of_an_import, DROP CONSTRAINT consents_ledger_type;
    """,
)

#: Indexes that nothing asks the ledger by, and that django-simple-history makes: each is written for every decision.
UNASKED = {
    f"{TABLE}_controller_id_d182a4c6": "controller_id",
    f"{TABLE}_notice_version_id_069cc2b8": "notice_version_id",
    f"{TABLE}_purpose_id_67174843": "purpose_id",
    f"{TABLE}_purpose_version_id_27da527b": "purpose_version_id",
}
LEAN = [
    migrations.RunSQL(f"DROP INDEX {name}", f"CREATE INDEX {name} ON {TABLE} ({columns})")
    for name, columns in UNASKED.items()
]

#: So that the primary key alone holds one record a choice; an index of the choice itself is three times as large.
KEY_OF_CHOICE = migrations.RunSQL(
    """
    ALTER TABLE consents_consentrecord ADD CONSTRAINT consents_consentrecord_key_is_of_choice
        CHECK (id = consents_choice(profile_id, contact_ref, channel, purpose_id, controller_id))
    """,
    "ALTER TABLE consents_consentrecord DROP CONSTRAINT consents_consentrecord_key_is_of_choice",
)


class Migration(migrations.Migration):
    dependencies = [("cdp", "0002_rules"), ("consents", "0001_initial")]
    operations = [LEDGER, *LEAN, Rules("consents"), KEY_OF_CHOICE]
