"""Migration operations that make a table refuse what must not be, from every role and path."""

from django.db import migrations

FUNCTIONS = """
CREATE OR REPLACE FUNCTION kendt_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND TG_NARGS > 0 AND current_setting('kendt.erasing', true) = 'on' THEN
        RETURN NULL;
    END IF;
    RAISE EXCEPTION '% on % is refused: it is append-only evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'integrity_constraint_violation';
END $$;

-- Puts the triggers on one table; `but` are the projection columns that may still change.
CREATE OR REPLACE FUNCTION kendt_make_append_only(target regclass, but text[], erasable boolean) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    columns text;
BEGIN
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
    WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attname <> ALL (but);
    EXECUTE format('CREATE TRIGGER append_only_update BEFORE UPDATE OF %s ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION kendt_refuse_change()', columns, target);
    EXECUTE format('CREATE TRIGGER append_only_delete BEFORE DELETE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION kendt_refuse_change(%s)', target, CASE WHEN erasable THEN '''erasable''' END);
    EXECUTE format('CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %s FOR EACH STATEMENT
                    EXECUTE FUNCTION kendt_refuse_change()', target);
END $$;

-- A tracked row may not change without its history row in the same transaction (asked at commit).
CREATE OR REPLACE FUNCTION kendt_history_follows() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    found boolean;
    changed jsonb := to_jsonb(coalesce(NEW, OLD));
BEGIN
    EXECUTE format('SELECT EXISTS (SELECT FROM %I WHERE id::text = $1 AND history_date >= transaction_timestamp())',
                   TG_ARGV[0]) INTO found USING changed ->> 'id';
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

CREATE OR REPLACE FUNCTION kendt_guard_history(target regclass, history regclass, but text[]) RETURNS void
LANGUAGE plpgsql AS $$
DECLARE
    columns text;
BEGIN
    PERFORM kendt_make_append_only(history, '{}', false);
    EXECUTE format('CREATE TRIGGER history_clock BEFORE INSERT ON %s FOR EACH ROW
                    EXECUTE FUNCTION kendt_history_clock()', history);
    SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) INTO columns FROM pg_attribute
    WHERE attrelid = target AND attnum > 0 AND NOT attisdropped AND attname <> ALL (but);
    EXECUTE format('CREATE CONSTRAINT TRIGGER history_follows AFTER INSERT OR DELETE OR UPDATE OF %s ON %s
                    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION kendt_history_follows(%L)',
                   columns, target, history);
END $$;
"""


class PlainSQL(migrations.RunSQL):
    """RunSQL for bodies that hold `%`, such as PL/pgSQL."""

    def _run_sql(self, schema_editor, sqls):
        if sqls != migrations.RunSQL.noop:
            schema_editor.execute(sqls, params=None)


def guard_functions() -> PlainSQL:
    """The functions that the other operations use; first in the rules of each app, so that none waits for another."""
    return PlainSQL(FUNCTIONS, migrations.RunSQL.noop)


def append_only(table: str, *, but: tuple[str, ...] = (), erasable: bool = False) -> PlainSQL:
    """Refuse UPDATE (of all columns but those named), DELETE and TRUNCATE on `table`.

    erasable: DELETE is allowed inside an erasure (the transaction-local setting `kendt.erasing`).
    """
    return PlainSQL(
        f"SELECT kendt_make_append_only('{table}', '{_array(but)}', {str(erasable).lower()})", _drop_append_only(table)
    )


def guard_history(table: str, history: str, *, but: tuple[str, ...] = ()) -> PlainSQL:
    """Make the history of `table` append-only with the database's clock, and refuse changes that leave none."""
    return PlainSQL(
        f"SELECT kendt_guard_history('{table}', '{history}', '{_array(but)}')",
        f"DROP TRIGGER history_follows ON {table}; DROP TRIGGER history_clock ON {history};"
        + _drop_append_only(history),
    )


def _array(columns: tuple[str, ...]) -> str:
    return "{" + ",".join(columns) + "}"


def _drop_append_only(table: str) -> str:
    return "".join(f"DROP TRIGGER append_only_{act} ON {table};" for act in ("update", "delete", "truncate"))
