"""Do the guards of the database stand as `<app>/sql/` and `<app>/models/tables.py` say? Every difference by name."""

from collections.abc import Iterable
from importlib import import_module
from typing import NamedTuple

from django.apps import apps
from django.db import transaction
from django.db.models import Model

from cdp.base.database.sql import dicts, execute, rows
from cdp.base.database.tables import Table
from cdp.base.database.triggers import rules

APPS = ("cdp", "profiles", "consents", "partners", "segments")
SCRATCH = "kendt_expected"

OURS = "^(kendt|cdp|profiles|consents|partners|segments)_"
#: Each table, the whole of which it is a part, and its first column.
TABLES_HERE = f"""
SELECT c.oid::regclass::text, c.relname, coalesce(i.inhparent::regclass::text, c.relname), (
    SELECT quote_ident(attname) FROM pg_attribute
    WHERE attrelid = c.oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum LIMIT 1)
FROM pg_class c LEFT JOIN pg_inherits i ON i.inhrelid = c.oid
WHERE c.relkind IN ('r', 'p') AND c.relname ~ '{OURS}' AND c.relnamespace::regnamespace::text IN ('public', 'vault')
"""
#: The definition without the name of the table, so that a partition is compared with the whole.
TRIGGERS = f"""
SELECT c.relname, t.tgname, replace(pg_get_triggerdef(t.oid, true), ' ON ' || t.tgrelid::regclass || ' ', ' '),
       t.tgenabled <> 'O'
FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
WHERE NOT t.tgisinternal AND c.relname ~ '{OURS}' AND c.relnamespace::regnamespace::text = ANY(%s)
"""
#: The definition without the name of the schema.
FUNCTIONS = f"""
SELECT format('%%s(%%s)', p.proname, pg_get_function_identity_arguments(p.oid)),
       regexp_replace(pg_get_functiondef(p.oid), '^CREATE OR REPLACE FUNCTION [^.]+\\.', '')
FROM pg_proc p WHERE p.prokind = 'f' AND p.proname ~ '{OURS}' AND p.pronamespace = %s::regnamespace
"""


class Difference(NamedTuple):
    """What is not as it should be: a trigger of `table`, or where there is none, a function."""

    table: str
    name: str
    what: str  # missing, switched off, differs, unexpected

    def __str__(self):
        return f"{self.table or 'function'} {self.name}: {self.what}"


def declared() -> list[Table]:
    """What every table of the product is, by the `models/tables.py` of each app."""
    return [table for app in APPS for table in import_module(f"{app}.models.tables").TABLES]


# --- Against the files ------------------------------------------------------------------------------------------


@transaction.atomic
def differences() -> list[Difference]:
    """Each trigger and function of the database that is not as the files make it now."""
    here = rows(TABLES_HERE)
    functions, triggers = _expected({table: column for _here, table, whole, column in here if table == whole})
    execute("SET LOCAL search_path = public, vault, pg_temp")
    found = dict(rows(FUNCTIONS, ["public"]))
    standing = {(table, name): (text, off) for table, name, text, off in rows(TRIGGERS, [["public", "vault"]])}
    texts = {key: text for key, (text, _off) in standing.items()}
    transaction.set_rollback(True)  # of the search path
    wanted = {
        (table, name): text for _here, table, whole, _column in here for name, text in triggers.get(whole, {}).items()
    }
    return sorted(
        [
            *(Difference("", name, what) for name, what in _compared(functions, found)),
            *(Difference(*key, what) for key, what in _compared(wanted, texts)),
            *(Difference(*key, "switched off") for key, (_text, off) in standing.items() if off),
        ]
    )


def _compared(wanted: dict, found: dict) -> Iterable[tuple]:
    yield from ((key, "missing") for key in wanted.keys() - found.keys())
    yield from ((key, "unexpected") for key in found.keys() - wanted.keys())
    yield from ((key, "differs") for key in wanted.keys() & found.keys() if wanted[key] != found[key])


def _expected(tables: dict[str, str]) -> tuple[dict, dict]:
    """Functions and triggers by table, as PostgreSQL reads the files: put into an empty copy, then rolled back.

    tables: {name: first column}. A copy is partitioned, as a table without partitions has no files to make.
    """
    copies = (
        f"CREATE TABLE {SCRATCH}.{table} (LIKE {table}) PARTITION BY LIST ({column})"
        for table, column in tables.items()
    )
    with transaction.atomic():
        execute(f"CREATE SCHEMA {SCRATCH}")
        execute("; ".join(copies))
        execute(f"SET LOCAL search_path = {SCRATCH}, public, vault, pg_temp")
        _apply()
        functions = dict(rows(FUNCTIONS, [SCRATCH]))
        triggers: dict[str, dict[str, str]] = {}
        for table, name, text, _off in rows(TRIGGERS, [[SCRATCH]]):
            triggers.setdefault(table, {})[name] = text
        transaction.set_rollback(True)
    return functions, triggers


def _apply() -> None:
    execute(";\n".join(statement for app in APPS for statement in rules(app)))


@transaction.atomic
def mend() -> None:
    """Make every trigger and function again that differs, and take away what is unexpected."""
    found = differences()
    for table, name, what in found:
        if table and what != "missing":
            execute(f'DROP TRIGGER "{name}" ON {table}')
    for table, name, what in found:
        if not table and what == "unexpected":
            execute(f"DROP FUNCTION public.{name}")
    if found:
        _apply()


# --- Against the columns ----------------------------------------------------------------------------------------

#: Guards of one table that ask no condition: which of UPDATE, DELETE and TRUNCATE they see, and of which columns.
GUARDS_OF = """
SELECT t.tgname AS name, p.proname AS function, t.tgtype & 16 > 0 AS update, t.tgtype & 8 > 0 AS delete,
       t.tgtype & 32 > 0 AS truncate, ARRAY(
           SELECT a.attname::text FROM pg_attribute a WHERE a.attrelid = t.tgrelid AND a.attnum > 0
           AND NOT a.attisdropped AND (t.tgattr::text = '' OR a.attnum = ANY (t.tgattr))) AS columns
FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
WHERE t.tgrelid = to_regclass(%s) AND NOT t.tgisinternal AND t.tgenabled = 'O' AND t.tgqual IS NULL
"""
COLUMNS_OF = """
SELECT attname::text FROM pg_attribute WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""
REFUSING = {"evidence": "kendt_refuse_change", "moving": "kendt_state_moves", "reference": "kendt_history_follows"}


def unguarded(tables: Iterable[Table]) -> list[str]:
    """In words, what could be rewritten or removed: columns of `pg_attribute` that no guard of `pg_trigger` sees."""
    return [fault for table in tables if table.kind in {*REFUSING, "guarded"} for fault in _open_to_change(table)]


def _open_to_change(table: Table) -> Iterable[str]:
    guards = dicts(GUARDS_OF, [table.name])
    own = {guard["name"] for guard in guards}
    yield from (f"{table.name}: lacks {name}" for name in table.by.split() if name not in own)
    if table.kind == "guarded":
        chosen = [guard for guard in guards if guard["name"] in table.by.split()]
        yield from _gaps(table.name, chosen, acts=["delete", "truncate"])
    elif table.kind == "reference":
        yield from _gaps(table.name, _followed(guards), may_change=table.columns(" ".join(table.untracked)))
        for link in (model._meta.db_table for model in table.links):
            yield from _gaps(link, _followed(dicts(GUARDS_OF, [link])))
        for history in (model._meta.db_table for model in table.histories):
            yield from _gaps(history, _refusing(dicts(GUARDS_OF, [history])), acts=["delete", "truncate"])
    else:
        acts = ["truncate"] if table.deleted == "always" else ["delete", "truncate"]
        chosen = _refusing(guards, REFUSING[table.kind])
        yield from _gaps(table.name, chosen, may_change=table.columns(f"{table.may_change} {table.once}"), acts=acts)


def _followed(guards: list[dict]) -> list[dict]:
    return [guard for guard in guards if guard["function"] == REFUSING["reference"]]


def _refusing(guards: list[dict], *functions: str) -> list[dict]:
    return [guard for guard in guards if guard["function"] in {"kendt_refuse_change", *functions}]


def _gaps(table: str, guards: list[dict], *, may_change: Iterable[str] = (), acts=("delete",)) -> Iterable[str]:
    seen = {column for guard in guards if guard["update"] for column in guard["columns"]}
    columns = {column for (column,) in rows(COLUMNS_OF, [table])}
    yield from (f"{table}.{column}: may be rewritten" for column in sorted(columns - seen - set(may_change)))
    yield from (f"{table}: {act.upper()} is not refused" for act in acts if not any(guard[act] for guard in guards))


# --- Against the models -----------------------------------------------------------------------------------------


def our_models() -> list[type[Model]]:
    """Every model of the product, with those of many-to-many relations and of history."""
    return [model for app in APPS for model in apps.get_app_config(app).get_models(include_auto_created=True)]


def undeclared(models: Iterable[type[Model]], tables: Iterable[Table]) -> list[str]:
    """In words, each model of which nobody says what it is. A history, and what it tells, goes with its table."""
    labels = [table.model for table in tables]
    told = {*labels, *(model._meta.label for table in tables for model in [*table.histories, *table.links])}
    twice = sorted({label for label in labels if labels.count(label) > 1})
    return [
        *(f"{model._meta.label}: declare it in tables.py" for model in models if model._meta.label not in told),
        *(f"{label}: is declared twice" for label in twice),
    ]
