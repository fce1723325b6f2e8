-- What makes a table refuse what must not be, from every role and path. Which table has which: <app>/models/tables.py.

CREATE OR REPLACE FUNCTION kendt_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_NARGS > 0 AND current_setting('kendt.erasing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: it is append-only evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- The state goes by the steps of its table; in each state only the columns that it names may be written.
-- The argument: {"begins": [state, ...], "states": {state: {"to": [state, ...], "writes": [column, ...]}}}.
CREATE OR REPLACE FUNCTION kendt_state_moves() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    rules jsonb := TG_ARGV[0];
    here jsonb;
    free text[];
BEGIN
    IF TG_OP = 'INSERT' THEN
        IF NOT rules -> 'begins' ? NEW.state THEN
            RAISE EXCEPTION 'INSERT on % is refused: none begins as %', TG_TABLE_NAME, NEW.state
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        RETURN NEW;
    END IF;
    here := rules -> 'states' -> OLD.state;
    IF NEW.state <> OLD.state AND NOT coalesce(here -> 'to' ? NEW.state, false) THEN
        RAISE EXCEPTION 'UPDATE on % is refused: % does not become %', TG_TABLE_NAME, OLD.state, NEW.state
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    free := ARRAY(SELECT jsonb_array_elements_text(here -> 'writes')) || 'state'::text;
    IF to_jsonb(OLD) - free IS DISTINCT FROM to_jsonb(NEW) - free THEN
        RAISE EXCEPTION 'UPDATE on % is refused: of what is % only % may change', TG_TABLE_NAME, OLD.state, free
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
END $$;

-- A tracked row, or what it is linked to, may not change without its history row in the same transaction (asked at
-- commit). The second argument is the column that names the tracked row, where it is not `id`.
CREATE OR REPLACE FUNCTION kendt_history_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
    changed jsonb := to_jsonb(coalesce(NEW, OLD));
BEGIN
    -- The key as a literal takes the type of the column, so that its index is read.
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id = %L AND history_date >= transaction_timestamp())',
                   TG_ARGV[0], changed ->> coalesce(TG_ARGV[1], 'id')) INTO found;
    IF NOT found THEN
        RAISE EXCEPTION '% on % is refused: no history row was written with it', TG_OP, TG_TABLE_NAME
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE OR REPLACE FUNCTION kendt_history_clock() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.history_date := clock_timestamp();
    RETURN NEW;
END $$;

-- All columns that the table has now, but those named: a list for UPDATE OF, which costs nothing where none is touched.
CREATE OR REPLACE FUNCTION kendt_columns(target regclass, but text[]) RETURNS text LANGUAGE sql STABLE AS $$
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute
    WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attname <> ALL (but)
$$;

-- `deleted`: never, erasing (only where the transaction says kendt.erasing) or always.
CREATE OR REPLACE FUNCTION kendt_refuse_deletion(target regclass, deleted text) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    IF deleted <> 'always' THEN
        EXECUTE format('CREATE OR REPLACE TRIGGER append_only_delete BEFORE DELETE ON %s FOR EACH STATEMENT
                        EXECUTE FUNCTION kendt_refuse_change(%s)',
                       target, CASE deleted WHEN 'erasing' THEN '''erasable''' END);
    END IF;
    EXECUTE format('CREATE OR REPLACE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION kendt_refuse_change()', target);
END $$;

-- What is written once: when the first of `columns` is set, none of them changes any more.
CREATE OR REPLACE FUNCTION kendt_write_once(target regclass, columns text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    changed text := (SELECT string_agg(format('NEW.%1$I IS DISTINCT FROM OLD.%1$I', one), ' OR ') FROM unnest(columns) one);
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER append_only_once BEFORE UPDATE ON %s FOR EACH ROW
                    WHEN (OLD.%I IS NOT NULL AND (%s)) EXECUTE FUNCTION kendt_refuse_change()',
                   target, columns[1], changed);
END $$;

-- No column changes but `may_change`; of a partitioned table, in no partition.
CREATE OR REPLACE FUNCTION kendt_make_append_only(target regclass, may_change text[], deleted text) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    part regclass;
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER append_only_update BEFORE UPDATE OF %s ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION kendt_refuse_change()', kendt_columns(target, may_change), target);
    PERFORM kendt_refuse_deletion(target, deleted);
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = target LOOP
        PERFORM kendt_make_append_only(part, may_change, deleted);
    END LOOP;
END $$;

CREATE OR REPLACE FUNCTION kendt_let_state_move(target regclass, rules jsonb, deleted text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    EXECUTE format('CREATE OR REPLACE TRIGGER state_moves BEFORE INSERT OR UPDATE ON %s FOR EACH ROW
                    EXECUTE FUNCTION kendt_state_moves(%L)', target, rules);
    PERFORM kendt_refuse_deletion(target, deleted);
END $$;

-- No column of `target` changes without a row in its history, written by the clock of the database, but `untracked`.
CREATE OR REPLACE FUNCTION kendt_guard_history(target regclass, history text, untracked text[]) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(history) IS NULL THEN  -- a later migration makes it, and guards then
        RETURN;
    END IF;
    EXECUTE format('CREATE OR REPLACE TRIGGER history_clock BEFORE INSERT ON %s FOR EACH ROW
                    EXECUTE FUNCTION kendt_history_clock()', to_regclass(history));
    EXECUTE format('CREATE CONSTRAINT TRIGGER history_follows AFTER INSERT OR DELETE OR UPDATE OF %s ON %s
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kendt_history_follows(%L)',
                   kendt_columns(target, untracked), target, history);
END $$;

-- What a tracked row is linked to, by `target` or its rows, does not change without a row in the same history.
CREATE OR REPLACE FUNCTION kendt_guard_link(target regclass, history text, named_by text) RETURNS void
LANGUAGE plpgsql AS $$
BEGIN
    IF to_regclass(history) IS NOT NULL THEN
        EXECUTE format('CREATE CONSTRAINT TRIGGER history_follows AFTER INSERT OR DELETE OR UPDATE ON %s
                        DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kendt_history_follows(%L, %L)',
                       target, history, named_by);
    END IF;
END $$;

-- Takes away what the functions above put on a table, so that they may be called anew.
CREATE OR REPLACE FUNCTION kendt_unguard(target regclass) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
    found name;
    part regclass;
BEGIN
    FOR found IN SELECT tgname FROM pg_trigger WHERE tgrelid = target AND NOT tgisinternal AND tgname IN (
        'append_only_update', 'append_only_delete', 'append_only_truncate', 'append_only_once', 'state_moves',
        'history_follows', 'history_clock') LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found, target);
    END LOOP;
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent = target LOOP
        PERFORM kendt_unguard(part);
    END LOOP;
END $$;
