-- A delivery is built under terms in force. Its steps: partners/models/tables.py; that a second person approved it:
-- constraints of its model.

CREATE OR REPLACE FUNCTION partners_delivery_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (
        SELECT FROM partners_agreementversion v
        JOIN partners_agreement a ON a.id = v.agreement_id
        JOIN partners_partner p ON p.id = a.partner_id
        WHERE v.id = NEW.version_id AND v.state = 'in_force' AND v.in_force @> clock_timestamp()
          AND a.state = 'active' AND p.status = 'approved') THEN
        RAISE EXCEPTION 'partners_delivery_stands: no agreement version is in force now'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER delivery_stands BEFORE UPDATE ON partners_delivery
    FOR EACH ROW WHEN (NEW.state = 'ready' AND OLD.state <> 'ready') EXECUTE FUNCTION partners_delivery_stands();

CREATE OR REPLACE FUNCTION partners_disclosed_while_building() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM disclosed JOIN partners_delivery d ON d.id = disclosed.delivery_id
               WHERE d.state <> 'building') THEN
        RAISE EXCEPTION 'partners_disclosed_while_building: disclosures are written while the file is built'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER while_building AFTER INSERT ON partners_disclosureentry REFERENCING NEW TABLE AS disclosed
    FOR EACH STATEMENT EXECUTE FUNCTION partners_disclosed_while_building();

-- Which columns of a file were dropped is said until its import begins.
CREATE OR REPLACE FUNCTION partners_receipt_stands() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT FROM profiles_fileimport WHERE id = NEW.file_import_id AND state IN ('waiting', 'checked')) THEN
        RAISE EXCEPTION 'partners_receipt_stands: the import has begun; what was dropped stands'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER receipt_stands BEFORE UPDATE ON partners_inboundfile
    FOR EACH ROW WHEN (NEW.dropped_columns IS DISTINCT FROM OLD.dropped_columns)
    EXECUTE FUNCTION partners_receipt_stands();
