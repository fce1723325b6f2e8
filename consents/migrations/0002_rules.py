"""What the tables of consent refuse: the ledger is append-only by the database's clock, the record is only folded."""

from django.db import migrations

from cdp.kit.appendonly import PlainSQL, append_only, guard_functions, guard_history

LEDGER = PlainSQL(
    """
    CREATE FUNCTION consents_ledger_clock() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        NEW.history_date := clock_timestamp();
        NEW.recorded_at := NEW.history_date;
        IF NEW.effective_at > NEW.recorded_at + interval '5 minutes' THEN
            RAISE EXCEPTION 'effective_at lies in the future: consents_ledger_not_in_future'
                USING ERRCODE = 'check_violation', CONSTRAINT = 'consents_ledger_not_in_future';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER ledger_clock BEFORE INSERT ON consents_historicalconsentrecord
        FOR EACH ROW EXECUTE FUNCTION consents_ledger_clock();
    CREATE UNIQUE INDEX consents_ledger_once_per_source_event
        ON consents_historicalconsentrecord (source_id, source_event_id);
    CREATE INDEX consents_ledger_of_subject ON consents_historicalconsentrecord (subject_ref, purpose_id, channel);
    CREATE INDEX consents_ledger_of_record ON consents_historicalconsentrecord (record) WHERE record IS NOT NULL;
    ALTER TABLE consents_historicalconsentrecord
        ADD CONSTRAINT consents_ledger_grant_has_notice CHECK (
            state NOT IN ('ConsentGiven', 'RenewedConsentGiven')
            OR (purpose_version_id IS NOT NULL AND notice_version_id IS NOT NULL
                AND language <> '' AND collection_point_id IS NOT NULL)),
        ADD CONSTRAINT consents_ledger_only_corrections_are_stateless CHECK (state <> '' OR supersedes IS NOT NULL),
        ADD CONSTRAINT consents_ledger_type CHECK (history_type IN ('+', '~'));

    CREATE FUNCTION consents_only_folded() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF coalesce(current_setting('kendt.folding', true), '') <> 'on' THEN
            RAISE EXCEPTION '% on consents_consentrecord is refused: it is folded from its ledger', TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER only_folded BEFORE INSERT OR UPDATE OR DELETE ON consents_consentrecord
        FOR EACH STATEMENT EXECUTE FUNCTION consents_only_folded();
    CREATE TRIGGER only_folded_truncate BEFORE TRUNCATE ON consents_consentrecord
        FOR EACH STATEMENT EXECUTE FUNCTION consents_only_folded();
    """,
    """
    DROP TRIGGER only_folded ON consents_consentrecord;
    DROP TRIGGER only_folded_truncate ON consents_consentrecord;
    DROP FUNCTION consents_only_folded;
    ALTER TABLE consents_historicalconsentrecord DROP CONSTRAINT consents_ledger_grant_has_notice,
        DROP CONSTRAINT consents_ledger_only_corrections_are_stateless, DROP CONSTRAINT consents_ledger_type;
    DROP INDEX consents_ledger_of_record;
    DROP INDEX consents_ledger_of_subject;
    DROP INDEX consents_ledger_once_per_source_event;
    DROP TRIGGER ledger_clock ON consents_historicalconsentrecord;
    DROP FUNCTION consents_ledger_clock;
    """,
)

PUBLISHED = PlainSQL(
    """
    CREATE FUNCTION consents_published_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        published text := TG_ARGV[0];
        free text[] := string_to_array(TG_ARGV[1], ',');
    BEGIN
        IF to_jsonb(OLD) ->> published IS NULL THEN
            RETURN coalesce(NEW, OLD);
        END IF;
        IF TG_OP = 'DELETE' OR (to_jsonb(OLD) - free) IS DISTINCT FROM (to_jsonb(NEW) - free) THEN
            RAISE EXCEPTION '% of a published row of % is refused: make a new version', TG_OP, TG_TABLE_NAME
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER published_stands BEFORE UPDATE OR DELETE ON consents_purposeversion
        FOR EACH ROW EXECUTE FUNCTION consents_published_stands('published_at', '');
    CREATE TRIGGER published_stands BEFORE UPDATE OR DELETE ON consents_noticeversion
        FOR EACH ROW EXECUTE FUNCTION consents_published_stands('published_from', 'published_to');

    CREATE FUNCTION consents_published_covers() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM consents_noticeversion
                   WHERE id = coalesce(NEW.noticeversion_id, OLD.noticeversion_id) AND published_from IS NOT NULL) THEN
            RAISE EXCEPTION '% of what a published notice covers is refused: make a new version', TG_OP
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER published_covers BEFORE INSERT OR UPDATE OR DELETE ON consents_noticeversion_purposes
        FOR EACH ROW EXECUTE FUNCTION consents_published_covers();
    """,
    """
    DROP TRIGGER published_covers ON consents_noticeversion_purposes;
    DROP TRIGGER published_stands ON consents_noticeversion;
    DROP TRIGGER published_stands ON consents_purposeversion;
    DROP FUNCTION consents_published_covers;
    DROP FUNCTION consents_published_stands;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("consents", "0001_initial")]
    operations = [
        guard_functions(),
        append_only("consents_historicalconsentrecord"),
        LEDGER,
        PUBLISHED,
        append_only("consents_objection", erasable=True),
        append_only("consents_restriction", erasable=True),
        append_only("consents_consentevidence", erasable=True),
        append_only("consents_suppression", but=("lifted_at", "lifted_reason")),
        guard_history("consents_controller", "consents_historicalcontroller"),
        guard_history("consents_purpose", "consents_historicalpurpose"),
        guard_history("consents_purposeversion", "consents_historicalpurposeversion"),
        guard_history("consents_noticeversion", "consents_historicalnoticeversion"),
        guard_history("consents_collectionpoint", "consents_historicalcollectionpoint"),
        guard_history("consents_agelimit", "consents_historicalagelimit"),
    ]
