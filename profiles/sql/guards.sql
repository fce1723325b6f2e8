-- Whether the events of a month have a place: a partition of their own, or the default one that holds some already.
CREATE OR REPLACE FUNCTION profiles_event_month_stands(month timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT to_regclass('profiles_event_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL
        OR EXISTS (SELECT FROM profiles_event_default WHERE occurred_at >= date_trunc('month', month, 'UTC')
                   AND occurred_at < (date_trunc('month', month AT TIME ZONE 'UTC') + interval '1 month')
                                     AT TIME ZONE 'UTC')
$$;

-- One partition of events a month, made beside the others and attached: writers of other months do not wait.
-- Guards of statements are not inherited: it gets those of the whole table.
CREATE OR REPLACE FUNCTION profiles_event_month(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := date_trunc('month', month, 'UTC');
    partition text := 'profiles_event_' || to_char(first AT TIME ZONE 'UTC', 'YYYY_MM');
    guard text;
BEGIN
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN;
    END IF;
    LOCK TABLE profiles_event_default IN ACCESS EXCLUSIVE MODE;  -- nobody adds an event of this month meanwhile
    IF profiles_event_month_stands(month) THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I (LIKE profiles_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES)',
                   partition);
    EXECUTE format('ALTER TABLE profiles_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', partition, first,
                   (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
    FOR guard IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
                 WHERE tgrelid = 'profiles_event'::regclass AND NOT tgisinternal LOOP
        EXECUTE replace(guard, ' ON public.profiles_event ', format(' ON %I ', partition));
    END LOOP;
END $$;

-- What a fact names stays: facts have no foreign keys, which would ask with each new row.
CREATE OR REPLACE FUNCTION profiles_keep_named() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named boolean;
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', TG_ARGV[0], TG_ARGV[1]) INTO named USING OLD.id;
    IF named THEN
        RAISE EXCEPTION '% on % is refused: rows of % name it', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE FUNCTION profiles_keep_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF EXISTS (SELECT FROM profiles_record WHERE traits ? OLD.code) THEN
        RAISE EXCEPTION '% on % is refused: records say something of it', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER said_stays BEFORE DELETE ON profiles_attribute FOR EACH ROW
    EXECUTE FUNCTION profiles_keep_said();
CREATE OR REPLACE TRIGGER said_under_its_code BEFORE UPDATE OF code ON profiles_attribute FOR EACH ROW
    WHEN (NEW.code <> OLD.code) EXECUTE FUNCTION profiles_keep_said();
CREATE OR REPLACE TRIGGER named_stays BEFORE DELETE ON profiles_namespace FOR EACH ROW
    EXECUTE FUNCTION profiles_keep_named('profiles_identifier', 'namespace_id');
