"""Close what SQL could still bend: the digest and the period are computed, not believed; lines never move; approvals
carry a seal of the installation; an agreement and a partner keep what was signed; nothing is built out of force."""

from django.conf import settings
from django.db import migrations, models

from cdp.kit.appendonly import PlainSQL

COMPUTED = PlainSQL(
    """
    -- The digest of all terms (terms/v1). Columns are named, so that a later column does not void what was signed.
    CREATE FUNCTION partners_terms_digest(v partners_agreementversion) RETURNS text LANGUAGE sql STABLE AS $$
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
    CREATE FUNCTION partners_period(first date, last date, zone text) RETURNS tstzrange LANGUAGE sql STABLE AS $$
        SELECT tstzrange(first::timestamp AT TIME ZONE zone, (last + 1)::timestamp AT TIME ZONE zone, '[)')
    $$;

    CREATE FUNCTION partners_terms_computed() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CREATE TRIGGER terms_computed BEFORE INSERT OR UPDATE ON partners_agreementversion
        FOR EACH ROW EXECUTE FUNCTION partners_terms_computed();
    """,
    """
    DROP TRIGGER terms_computed ON partners_agreementversion;
    DROP FUNCTION partners_terms_computed, partners_period, partners_terms_digest;
    """,
)

#: Lines and purposes belong to one version and never move; the version is locked, so a proposal waits for its lines.
LINES = PlainSQL(
    """
    CREATE FUNCTION partners_lines_stay() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CREATE TRIGGER lines_stay BEFORE INSERT OR UPDATE OR DELETE ON partners_termline
        FOR EACH ROW EXECUTE FUNCTION partners_lines_stay('version_id');
    CREATE TRIGGER lines_stay BEFORE INSERT OR UPDATE OR DELETE ON partners_agreementversion_purposes
        FOR EACH ROW EXECUTE FUNCTION partners_lines_stay('agreementversion_id');
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON partners_termline
        FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
    CREATE TRIGGER never_emptied BEFORE TRUNCATE ON partners_agreementversion_purposes
        FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
    """,
    """
    DROP TRIGGER never_emptied ON partners_agreementversion_purposes;
    DROP TRIGGER never_emptied ON partners_termline;
    DROP TRIGGER lines_stay ON partners_agreementversion_purposes;
    DROP TRIGGER lines_stay ON partners_termline;
    DROP FUNCTION partners_lines_stay;
    """,
)

FRAME = PlainSQL(
    """
    CREATE FUNCTION partners_agreement_stands() RETURNS trigger LANGUAGE plpgsql AS $$
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
    CREATE TRIGGER agreement_stands BEFORE UPDATE ON partners_agreement
        FOR EACH ROW EXECUTE FUNCTION partners_agreement_stands();

    CREATE FUNCTION partners_name_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF NEW.public_name <> OLD.public_name AND EXISTS (
            SELECT FROM partners_agreementversion v JOIN partners_agreement a ON a.id = v.agreement_id
            WHERE a.partner_id = NEW.id AND v.state IN ('proposed', 'in_force')) THEN
            RAISE EXCEPTION 'partners_name_stands: people consented to this name, and agreements were signed with it'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER name_stands BEFORE UPDATE ON partners_partner
        FOR EACH ROW EXECUTE FUNCTION partners_name_stands();
    """,
    """
    DROP TRIGGER name_stands ON partners_partner;
    DROP TRIGGER agreement_stands ON partners_agreement;
    DROP FUNCTION partners_name_stands, partners_agreement_stands;
    """,
)

DELIVERIES = PlainSQL(
    """
    CREATE FUNCTION partners_delivery_stands() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF TG_OP = 'INSERT' THEN
            IF NEW.state <> 'planned' OR NEW.approved_by_id IS NOT NULL THEN
                RAISE EXCEPTION 'partners_delivery_stands: a delivery begins as a plan'
                    USING ERRCODE = 'integrity_constraint_violation';
            END IF;
            RETURN NEW;
        END IF;
        IF (NEW.purpose_id, NEW.audience, NEW.audience_ref, NEW.fields, NEW.requested_by_id,
            NEW.requested_key)
           IS DISTINCT FROM (OLD.purpose_id, OLD.audience, OLD.audience_ref, OLD.fields, OLD.requested_by_id,
               OLD.requested_key) THEN
            RAISE EXCEPTION 'partners_delivery_stands: what was asked for does not change; ask anew'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF OLD.state IN ('ready', 'sent')
           AND (to_jsonb(OLD) - '{state}'::text[]) <> (to_jsonb(NEW) - '{state}'::text[]) THEN
            RAISE EXCEPTION 'partners_delivery_stands: a built delivery keeps its manifest'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.state = 'ready' AND OLD.state <> 'ready' AND NOT EXISTS (
            SELECT FROM partners_agreementversion v
            JOIN partners_agreement a ON a.id = v.agreement_id
            JOIN partners_partner p ON p.id = a.partner_id
            WHERE v.id = NEW.version_id AND v.state = 'in_force' AND v.in_force @> clock_timestamp()
              AND a.state = 'active' AND p.status = 'approved' AND NEW.approved_by_id IS NOT NULL) THEN
            RAISE EXCEPTION 'partners_delivery_stands: no approval, or no agreement version is in force now'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END $$;
    CREATE TRIGGER delivery_stands BEFORE INSERT OR UPDATE ON partners_delivery
        FOR EACH ROW EXECUTE FUNCTION partners_delivery_stands();

    CREATE FUNCTION partners_disclosed_while_building() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        IF EXISTS (SELECT FROM disclosed JOIN partners_delivery d ON d.id = disclosed.delivery_id
                   WHERE d.state <> 'building') THEN
            RAISE EXCEPTION 'partners_disclosed_while_building: disclosures are written while the file is built'
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NULL;
    END $$;
    CREATE TRIGGER while_building AFTER INSERT ON partners_disclosureentry REFERENCING NEW TABLE AS disclosed
        FOR EACH STATEMENT EXECUTE FUNCTION partners_disclosed_while_building();
    """,
    """
    DROP TRIGGER while_building ON partners_disclosureentry;
    DROP TRIGGER delivery_stands ON partners_delivery;
    DROP FUNCTION partners_disclosed_while_building, partners_delivery_stands;
    """,
)

DROP_GUARDS = "".join(
    f"DROP TRIGGER append_only_{act} ON partners_signature;" for act in ("update", "delete", "truncate")
)
SEAL_STANDS_TOO = PlainSQL(
    DROP_GUARDS + "SELECT kendt_make_append_only('partners_signature', '{}', false);",
    DROP_GUARDS + "SELECT kendt_make_append_only('partners_signature', '{seal}', false);",
)


class Migration(migrations.Migration):
    dependencies = [("partners", "0002_rules")]
    operations = [
        migrations.AddField(
            "signature", "seal", models.BinaryField("seal of this installation", default=b"", max_length=32), False
        ),
        migrations.AddField(
            "delivery", "requested_key", models.CharField("service key", blank=True, default="", max_length=80), False
        ),
        migrations.AlterField(
            "delivery",
            "requested_by",
            models.ForeignKey(
                settings.AUTH_USER_MODEL,
                models.PROTECT,
                null=True,
                blank=True,
                related_name="+",
                verbose_name="requested by",
                help_text="Empty: a service, by its key.",
            ),
        ),
        migrations.AddConstraint(
            "delivery",
            models.CheckConstraint(
                name="partners_delivery_asked_by_someone",
                condition=models.Q(requested_by__isnull=False) | ~models.Q(requested_key=""),
            ),
        ),
        SEAL_STANDS_TOO,
        COMPUTED,
        LINES,
        FRAME,
        DELIVERIES,
    ]
