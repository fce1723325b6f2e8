-- What is published stands.

CREATE OR REPLACE FUNCTION consents_published_stands() RETURNS trigger LANGUAGE plpgsql AS $$
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
CREATE OR REPLACE TRIGGER published_stands BEFORE UPDATE OR DELETE ON consents_purposeversion
    FOR EACH ROW EXECUTE FUNCTION consents_published_stands('published_at', '');
CREATE OR REPLACE TRIGGER published_stands BEFORE UPDATE OR DELETE ON consents_noticeversion
    FOR EACH ROW EXECUTE FUNCTION consents_published_stands('published_from', 'published_to');
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON consents_purposeversion
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON consents_noticeversion
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();

CREATE OR REPLACE FUNCTION consents_published_covers() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM consents_noticeversion
               WHERE id IN (NEW.noticeversion_id, OLD.noticeversion_id) AND published_from IS NOT NULL) THEN
        RAISE EXCEPTION '% of what a published notice covers is refused: make a new version', TG_OP
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN coalesce(NEW, OLD);
END $$;
CREATE OR REPLACE TRIGGER published_covers BEFORE INSERT OR UPDATE OR DELETE ON consents_noticeversion_purposes
    FOR EACH ROW EXECUTE FUNCTION consents_published_covers();
CREATE OR REPLACE TRIGGER never_emptied BEFORE TRUNCATE ON consents_noticeversion_purposes
    FOR EACH STATEMENT EXECUTE FUNCTION kendt_refuse_change();
