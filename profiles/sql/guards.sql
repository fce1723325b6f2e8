-- Whether the events of a month have a place: a partition of their own, or the default one that holds some already.
CREATE OR REPLACE FUNCTION profiles_event_month_stands(month timestamptz) RETURNS boolean LANGUAGE sql STABLE AS $$
    SELECT to_regclass('profiles_event_' || to_char(month AT TIME ZONE 'UTC', 'YYYY_MM')) IS NOT NULL
        OR EXISTS (SELECT FROM profiles_event_default WHERE occurred_at >= first AND occurred_at < next)
        OR EXISTS (SELECT FROM profiles_orderline_default WHERE occurred_at >= first AND occurred_at < next)
    FROM (SELECT date_trunc('month', month, 'UTC') AS first,
                 (date_trunc('month', month AT TIME ZONE 'UTC') + interval '1 month') AT TIME ZONE 'UTC' AS next) bounds
$$;

-- One partition a month of events and of their lines, made beside the others and attached: writers of other months do
-- not wait. Guards of statements are not inherited: a partition gets those of the whole table.
CREATE OR REPLACE FUNCTION profiles_event_month(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := date_trunc('month', month, 'UTC');
    suffix text := to_char(first AT TIME ZONE 'UTC', '_YYYY_MM');
    keys jsonb := '{"profiles_event": "id", "profiles_orderline": "event_id, position"}';
    whole text;
    guard text;
BEGIN
    IF to_regclass('profiles_event' || suffix) IS NOT NULL THEN
        RETURN;
    END IF;
    -- Nobody adds events of this month meanwhile, nor lines. In the order in which they are written and read.
    LOCK TABLE profiles_event_default, profiles_orderline_default IN ACCESS EXCLUSIVE MODE;
    IF profiles_event_month_stands(month) THEN
        RETURN;
    END IF;
    FOREACH whole IN ARRAY ARRAY['profiles_event', 'profiles_orderline'] LOOP
        EXECUTE format('CREATE TABLE %I (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS INCLUDING INDEXES,
                                         PRIMARY KEY (%s))', whole || suffix, whole, keys ->> whole);
        EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', whole, whole || suffix, first,
                       (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
        FOR guard IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
                     WHERE tgrelid = to_regclass(whole) AND NOT tgisinternal LOOP
            EXECUTE replace(guard, format(' ON public.%I ', whole), format(' ON %I ', whole || suffix));
        END LOOP;
    END LOOP;
END $$;

-- The lines of an event go with it. No foreign key does this: it would ask with each new line.
CREATE OR REPLACE FUNCTION profiles_lines_go() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM profiles_orderline l USING gone WHERE l.event_id = gone.id AND l.occurred_at = gone.occurred_at;
    RETURN NULL;
END $$;
DO $$
DECLARE
    part regclass;
BEGIN
    FOR part IN SELECT 'profiles_event'::regclass
                UNION ALL SELECT inhrelid FROM pg_inherits WHERE inhparent = 'profiles_event'::regclass LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER lines_go AFTER DELETE ON %s REFERENCING OLD TABLE AS gone
                        FOR EACH STATEMENT EXECUTE FUNCTION profiles_lines_go()', part);
    END LOOP;
END $$;

-- What a fact names stays: facts have no foreign keys, which would ask with each new row. Whoever writes facts shares the
-- lock 3 (cdp.base.database.locks: VOCABULARY) until commit; only under it is known that nobody writes some now.
CREATE OR REPLACE FUNCTION profiles_keep_named() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    named boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(3, 0);
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE %I = $1)', TG_ARGV[0], TG_ARGV[1]) INTO named USING OLD.id;
    IF named THEN
        RAISE EXCEPTION '% on % is refused: rows of % name it', TG_OP, TG_TABLE_NAME, TG_ARGV[0]
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN OLD;
END $$;
CREATE OR REPLACE FUNCTION profiles_keep_said() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock(3, 0);
    IF EXISTS (SELECT FROM profiles_record WHERE traits ? OLD.code) THEN
        RAISE EXCEPTION '% on % is refused: records say something of it', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'foreign_key_violation';
    END IF;
    RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
END $$;
CREATE OR REPLACE TRIGGER said_stays BEFORE DELETE ON profiles_attribute FOR EACH ROW
    EXECUTE FUNCTION profiles_keep_said();
CREATE OR REPLACE TRIGGER said_as_it_is BEFORE UPDATE OF code, type, classification ON profiles_attribute FOR EACH ROW
    WHEN ((NEW.code, NEW.type, NEW.classification) IS DISTINCT FROM (OLD.code, OLD.type, OLD.classification))
    EXECUTE FUNCTION profiles_keep_said();
CREATE OR REPLACE TRIGGER named_stays BEFORE DELETE ON profiles_namespace FOR EACH ROW
    EXECUTE FUNCTION profiles_keep_named('profiles_identifier', 'namespace_id');
CREATE OR REPLACE TRIGGER named_stays BEFORE DELETE ON profiles_eventname FOR EACH ROW
    EXECUTE FUNCTION profiles_keep_named('profiles_event', 'name_id');
