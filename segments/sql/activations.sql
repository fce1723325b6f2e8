-- Who went is written while an approved activation runs, and what runs without a second person counts them. Its steps:
-- segments/models/tables.py; that a second person approved it: constraints of its model.

-- An approval is never part of the request.
CREATE OR REPLACE FUNCTION segments_asked_first() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'segments_asked_first: an activation is asked for before anybody approves it'
        USING ERRCODE = 'integrity_constraint_violation';
END $$;
CREATE OR REPLACE TRIGGER asked_first BEFORE INSERT ON segments_activation
    FOR EACH ROW WHEN (NEW.approved_by_id IS NOT NULL) EXECUTE FUNCTION segments_asked_first();

-- Without an approval the number of members is all that lets it go, so it must be that of the people written down.
CREATE OR REPLACE FUNCTION segments_members_counted() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.members <> (SELECT count(*) FROM segments_deliveredperson
                       WHERE activation_id = NEW.id AND outcome IN ('sent', 'left_out')) THEN
        RAISE EXCEPTION 'segments_members_counted: % members are not those written down, and nobody approved', NEW.members
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE OR REPLACE TRIGGER members_counted BEFORE UPDATE ON segments_activation
    FOR EACH ROW WHEN (NEW.state = 'done' AND OLD.state <> 'done' AND NEW.approved_by_id IS NULL)
    EXECUTE FUNCTION segments_members_counted();

CREATE OR REPLACE FUNCTION segments_delivered_while_approved() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM delivered JOIN segments_activation a ON a.id = delivered.activation_id
               WHERE a.state <> 'approved') THEN
        RAISE EXCEPTION 'segments_delivered_while_approved: who went is written while an approved activation runs'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE OR REPLACE TRIGGER while_approved AFTER INSERT ON segments_deliveredperson REFERENCING NEW TABLE AS delivered
    FOR EACH STATEMENT EXECUTE FUNCTION segments_delivered_while_approved();
