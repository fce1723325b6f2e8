-- What is signed: terms that stand, approvals by others, digest and period that are computed and not believed.

-- The digest of all terms (terms/v1). Columns are named, so that a later column does not void what was signed.
CREATE OR REPLACE FUNCTION partners_terms_digest(v partners_agreementversion) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT encode(sha256(convert_to(jsonb_build_object(
        'form', 'terms/v1',
        'agreement', (SELECT jsonb_build_object('id', a.id, 'number', a.number, 'direction', a.direction,
                                                'zone', a.home_time_zone, 'partner', p.id, 'name', p.public_name)
                      FROM partners_agreement a JOIN partners_partner p ON p.id = a.partner_id
                      WHERE a.id = v.agreement_id),
        'number', v.number, 'author', v.author_id, 'legal_basis', v.legal_basis,
        'our_role', v.our_role, 'partner_role', v.partner_role, 'arrangement', v.arrangement_ref,
        'transfer_tool', v.transfer_tool, 'valid_from', v.valid_from, 'valid_until', v.valid_until,
        'onward_sharing', v.onward_sharing, 'retention_days', v.retention_days,
        'deletion_sla_hours', v.deletion_sla_hours, 'min_cohort', v.min_cohort,
        'relevance', v.relevance_note, 'document', v.document_sha256,
        'purposes', (SELECT jsonb_agg(m.purpose_id ORDER BY m.purpose_id)
                     FROM partners_agreementversion_purposes m WHERE m.agreementversion_id = v.id),
        'lines', (SELECT jsonb_agg(
                      jsonb_build_array(l.direction, l.purpose_id, l.field, l.form, l.max_rows, l.duties)
                      ORDER BY l.direction COLLATE "C", l.purpose_id, l.field COLLATE "C", l.form COLLATE "C")
                  FROM partners_termline l WHERE l.version_id = v.id)
    )::text, 'UTF8')), 'hex')
$$;

-- Half-open: from local midnight of the first day to local midnight after the last.
CREATE OR REPLACE FUNCTION partners_period(first date, last date, zone text) RETURNS tstzrange LANGUAGE sql STABLE AS $$
    SELECT tstzrange(first::timestamp AT TIME ZONE zone, (last + 1)::timestamp AT TIME ZONE zone, '[)')
$$;

CREATE OR REPLACE FUNCTION partners_terms_computed() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    zone text := (SELECT home_time_zone FROM partners_agreement WHERE id = NEW.agreement_id);
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NEW.state <> 'draft' THEN
            RAISE EXCEPTION 'partners_terms_computed: a version begins as a draft'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    IF (NEW.id, NEW.agreement_id, NEW.number, NEW.author_id)
       IS DISTINCT FROM (OLD.id, OLD.agreement_id, OLD.number, OLD.author_id) THEN
        RAISE EXCEPTION 'partners_terms_computed: a version keeps its agreement, number and author'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state <> OLD.state AND NEW.state IN ('proposed', 'in_force') AND
       (NEW.terms_sha256, NEW.in_force) IS DISTINCT FROM
       (partners_terms_digest(NEW), partners_period(NEW.valid_from, NEW.valid_until, zone)) THEN
        RAISE EXCEPTION 'partners_terms_computed: digest and period must be those of the terms'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = 'in_force' AND OLD.state = 'proposed' AND NEW.activated_at IS DISTINCT FROM now() THEN
        RAISE EXCEPTION 'partners_terms_computed: a version is activated now, not at another time'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF NEW.state = OLD.state AND NEW.state = 'proposed' AND NEW IS DISTINCT FROM OLD THEN
        RAISE EXCEPTION 'partners_terms_computed: a proposed version waits as it is'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state IN ('in_force', 'superseded') AND (NOT NEW.in_force <@ OLD.in_force OR NEW.in_force IS NULL) THEN
        RAISE EXCEPTION 'partners_terms_computed: a signed period is never widened'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER terms_computed BEFORE INSERT OR UPDATE ON partners_agreementversion
    FOR EACH ROW EXECUTE FUNCTION partners_terms_computed();

-- From `proposed` on, only the state and its dates may change, and only forwards (or back to draft).
CREATE OR REPLACE FUNCTION partners_terms_stand() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE TRIGGER terms_stand BEFORE UPDATE OR DELETE ON partners_agreementversion
    FOR EACH ROW EXECUTE FUNCTION partners_terms_stand();

CREATE OR REPLACE FUNCTION partners_lines_stand() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE TRIGGER lines_stand BEFORE INSERT OR UPDATE OR DELETE ON partners_termline
    FOR EACH ROW EXECUTE FUNCTION partners_lines_stand();
CREATE OR REPLACE TRIGGER lines_stand BEFORE INSERT OR UPDATE OR DELETE ON partners_agreementversion_purposes
    FOR EACH ROW EXECUTE FUNCTION partners_lines_stand();

CREATE OR REPLACE FUNCTION partners_signature_is_anothers() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE TRIGGER is_anothers BEFORE INSERT ON partners_signature
    FOR EACH ROW EXECUTE FUNCTION partners_signature_is_anothers();

CREATE OR REPLACE FUNCTION partners_two_signed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'in_force' AND (
        SELECT count(DISTINCT person_id) < 2 OR NOT bool_or(capacity = 'compliance') FROM partners_signature
        WHERE version_id = NEW.id AND terms_sha256 = NEW.terms_sha256 AND person_id <> NEW.author_id) THEN
        RAISE EXCEPTION 'partners_two_signed: two people who are not the author must approve, one for compliance'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER two_signed BEFORE INSERT OR UPDATE ON partners_agreementversion
    FOR EACH ROW EXECUTE FUNCTION partners_two_signed();

CREATE OR REPLACE FUNCTION partners_active_has_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.state = 'active'
       AND NOT EXISTS (SELECT FROM partners_agreementversion
                       WHERE agreement_id = NEW.id AND state = 'in_force') THEN
        RAISE EXCEPTION 'partners_active_has_version: no version of this agreement is signed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER active_has_version BEFORE INSERT OR UPDATE ON partners_agreement
    FOR EACH ROW EXECUTE FUNCTION partners_active_has_version();

-- Lines and purposes belong to one version and never move; the version is locked, so a proposal waits for its lines.
CREATE OR REPLACE FUNCTION partners_lines_stay() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    owner text := TG_ARGV[0];
    found uuid;
    state_now text;
BEGIN
    IF TG_OP = 'UPDATE' AND (to_jsonb(NEW) ->> owner) IS DISTINCT FROM (to_jsonb(OLD) ->> owner) THEN
        RAISE EXCEPTION 'partners_lines_stay: a term does not move to another version'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    found := (to_jsonb(coalesce(NEW, OLD)) ->> owner)::uuid;
    SELECT state INTO state_now FROM partners_agreementversion WHERE id = found FOR SHARE;
    IF state_now <> 'draft' THEN
        RAISE EXCEPTION 'partners_lines_stay: terms do not change after proposal; make a new version'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE OR REPLACE TRIGGER lines_stay BEFORE INSERT OR UPDATE OR DELETE ON partners_termline
    FOR EACH ROW EXECUTE FUNCTION partners_lines_stay('version_id');
CREATE OR REPLACE TRIGGER lines_stay BEFORE INSERT OR UPDATE OR DELETE ON partners_agreementversion_purposes
    FOR EACH ROW EXECUTE FUNCTION partners_lines_stay('agreementversion_id');
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON partners_termline
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON partners_agreementversion_purposes
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();

CREATE OR REPLACE FUNCTION partners_agreement_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (NEW.partner_id, NEW.number, NEW.direction, NEW.home_time_zone)
       IS DISTINCT FROM (OLD.partner_id, OLD.number, OLD.direction, OLD.home_time_zone)
       AND EXISTS (SELECT FROM partners_agreementversion WHERE agreement_id = NEW.id AND state <> 'draft') THEN
        RAISE EXCEPTION 'partners_agreement_stands: partner, number, direction and zone are part of what was signed'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF OLD.state IN ('terminated', 'withdrawn') AND NEW.state <> OLD.state THEN
        RAISE EXCEPTION 'partners_agreement_stands: what is % stays so; make a new agreement', OLD.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER agreement_stands BEFORE UPDATE ON partners_agreement
    FOR EACH ROW EXECUTE FUNCTION partners_agreement_stands();

CREATE OR REPLACE FUNCTION partners_name_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.public_name <> OLD.public_name AND EXISTS (
        SELECT FROM partners_agreementversion v JOIN partners_agreement a ON a.id = v.agreement_id
        WHERE a.partner_id = NEW.id AND v.state IN ('proposed', 'in_force')) THEN
        RAISE EXCEPTION 'partners_name_stands: people consented to this name, and agreements were signed with it'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER name_stands BEFORE UPDATE ON partners_partner
    FOR EACH ROW EXECUTE FUNCTION partners_name_stands();

CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON partners_agreementversion
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
