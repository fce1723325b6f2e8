-- One partition of events a month, made when its first event comes. Two writers at once wait for each other.
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
    PERFORM pg_advisory_xact_lock(hashtext('profiles_event_month'));
    IF to_regclass(partition) IS NOT NULL THEN
        RETURN;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF profiles_event FOR VALUES FROM (%L) TO (%L)', partition, first,
                   (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
    FOR guard IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
                 WHERE tgrelid = 'profiles_event'::regclass AND NOT tgisinternal LOOP
        EXECUTE replace(guard, ' ON public.profiles_event ', format(' ON %I ', partition));
    END LOOP;
END $$;

-- Which profile an id meant is changed only in the transaction that wrote it; later, a new row says so.
CREATE OR REPLACE TRIGGER meant_stands BEFORE UPDATE OF profile ON profiles_alias FOR EACH ROW
    WHEN (NEW.profile IS DISTINCT FROM OLD.profile AND OLD.valid_from <> now())
    EXECUTE FUNCTION kendt_refuse_change();
