"""What the tables of agreements refuse: changed terms, approvals by the author, activation by one person."""

from django.db import migrations

from cdp.kit.appendonly import PlainSQL, append_only, guard_functions, guard_history

SIGNING = PlainSQL(
    """
    -- From `proposed` on, only the state and its dates may change, and only forwards (or back to draft).
    CREATE FUNCTION partners_terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        free text[] := '{state,in_force,activated_at,terms_sha256,proposed_at}';
    BEGIN
        IF TG_OP = 'DELETE' THEN
            IF OLD.state <> 'draft' THEN
                RAISE EXCEPTION 'partners_terms_stand: a proposed version is never deleted'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN OLD;
        END IF;
        IF OLD.state <> 'draft' AND (to_jsonb(OLD) - free) IS DISTINCT FROM (to_jsonb(NEW) - free) THEN
            RAISE EXCEPTION 'partners_terms_stand: terms do not change after proposal; make a new version'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state IN ('in_force', 'superseded')
           AND (NEW.terms_sha256, NEW.proposed_at, NEW.activated_at) IS DISTINCT FROM
               (OLD.terms_sha256, OLD.proposed_at, OLD.activated_at) THEN
            RAISE EXCEPTION 'partners_terms_stand: a signed version keeps its digest and dates'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NOT ((OLD.state, NEW.state) IN (('draft', 'draft'), ('draft', 'proposed'), ('proposed', 'proposed'),
                ('proposed', 'draft'), ('proposed', 'in_force'), ('in_force', 'in_force'), ('in_force', 'superseded'),
                ('superseded', 'superseded'))) THEN
            RAISE EXCEPTION 'partners_terms_stand: % does not become %', OLD.state, NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER terms_stand BEFORE UPDATE OR DELETE ON partners_agreementversion
        FOR EACH ROW EXECUTE FUNCTION partners_terms_stand();

    CREATE FUNCTION partners_lines_stand() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        line jsonb := to_jsonb(coalesce(NEW, OLD));
    BEGIN
        IF EXISTS (SELECT FROM partners_agreementversion
                   WHERE id = coalesce(line ->> 'version_id', line ->> 'agreementversion_id')::uuid
                         AND state <> 'draft')
        THEN
            RAISE EXCEPTION 'partners_lines_stand: terms do not change after proposal; make a new version'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN coalesce(NEW, OLD);
    END $$;
    CREATE TRIGGER lines_stand BEFORE INSERT OR UPDATE OR DELETE ON partners_termline
        FOR EACH ROW EXECUTE FUNCTION partners_lines_stand();
    CREATE TRIGGER lines_stand BEFORE INSERT OR UPDATE OR DELETE ON partners_agreementversion_purposes
        FOR EACH ROW EXECUTE FUNCTION partners_lines_stand();

    CREATE FUNCTION partners_signature_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
    DECLARE
        version partners_agreementversion;
    BEGIN
        SELECT * INTO version FROM partners_agreementversion WHERE id = NEW.version_id;
        IF version.author_id = NEW.person_id THEN
            RAISE EXCEPTION 'partners_signature_is_anothers: the author does not approve'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF version.state <> 'proposed' OR version.terms_sha256 <> NEW.terms_sha256 THEN
            RAISE EXCEPTION 'partners_signature_is_anothers: these are not the terms that are proposed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        NEW.signed_at := clock_timestamp();
        RETURN NEW;
    END $$;
    CREATE TRIGGER is_anothers BEFORE INSERT ON partners_signature
        FOR EACH ROW EXECUTE FUNCTION partners_signature_is_anothers();

    CREATE FUNCTION partners_two_signed() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state = 'in_force' AND (
            SELECT count(DISTINCT person_id) < 2 OR NOT bool_or(capacity = 'compliance') FROM partners_signature
            WHERE version_id = NEW.id AND terms_sha256 = NEW.terms_sha256 AND person_id <> NEW.author_id) THEN
            RAISE EXCEPTION 'partners_two_signed: two people who are not the author must approve, one for compliance'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER two_signed BEFORE INSERT OR UPDATE ON partners_agreementversion
        FOR EACH ROW EXECUTE FUNCTION partners_two_signed();

    CREATE FUNCTION partners_active_has_version() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.state = 'active'
           AND NOT EXISTS (SELECT FROM partners_agreementversion
                           WHERE agreement_id = NEW.id AND state = 'in_force') THEN
            RAISE EXCEPTION 'partners_active_has_version: no version of this agreement is signed'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER active_has_version BEFORE INSERT OR UPDATE ON partners_agreement
        FOR EACH ROW EXECUTE FUNCTION partners_active_has_version();
    """,
    """
    DROP TRIGGER active_has_version ON partners_agreement;
    DROP TRIGGER two_signed ON partners_agreementversion;
    DROP TRIGGER is_anothers ON partners_signature;
    DROP TRIGGER lines_stand ON partners_agreementversion_purposes;
    DROP TRIGGER lines_stand ON partners_termline;
    DROP TRIGGER terms_stand ON partners_agreementversion;
    DROP FUNCTION partners_active_has_version, partners_two_signed, partners_signature_is_anothers,
        partners_lines_stand, partners_terms_stand;
    """,
)


class Migration(migrations.Migration):
    dependencies = [("partners", "0001_initial")]
    operations = [
        guard_functions(),
        SIGNING,
        append_only("partners_signature"),
        append_only("partners_disclosureentry"),
        append_only("partners_disclosurelink", erasable=True),
        guard_history("partners_partner", "partners_historicalpartner"),
        guard_history("partners_agreement", "partners_historicalagreement"),
        guard_history("partners_agreementversion", "partners_historicalagreementversion"),
    ]
