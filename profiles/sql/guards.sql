-- One partition a month of events and of their lines, made when its first event comes. Two writers at once wait for each
-- other. Guards of statements are not inherited: a partition gets those of the whole table.
CREATE OR REPLACE FUNCTION profiles_event_month(month timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    first timestamptz := date_trunc('month', month, 'UTC');
    suffix text := to_char(first AT TIME ZONE 'UTC', '_YYYY_MM');
    whole text;
    guard text;
BEGIN
    IF to_regclass('profiles_orderline' || suffix) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('profiles_event_month'));
    IF to_regclass('profiles_orderline' || suffix) IS NOT NULL THEN
        RETURN;
    END IF;
    FOREACH whole IN ARRAY ARRAY['profiles_event', 'profiles_orderline'] LOOP
        EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', whole || suffix, whole, first,
                       (first AT TIME ZONE 'UTC' + interval '1 month') AT TIME ZONE 'UTC');
        FOR guard IN SELECT pg_get_triggerdef(oid) FROM pg_trigger
                     WHERE tgrelid = to_regclass(whole) AND NOT tgisinternal LOOP
            EXECUTE replace(guard, format(' ON public.%I ', whole), format(' ON %I ', whole || suffix));
        END LOOP;
    END LOOP;
END $$;

-- Which profile an id meant is changed only in the transaction that wrote it; later, a new row says so.
CREATE OR REPLACE TRIGGER meant_stands BEFORE UPDATE OF profile ON profiles_alias FOR EACH ROW
    WHEN (NEW.profile IS DISTINCT FROM OLD.profile AND OLD.valid_from <> now())
    EXECUTE FUNCTION kendt_refuse_change();
