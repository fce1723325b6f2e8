"""The migration operation that makes the tables of an app refuse what must not be, from every role and path."""

from importlib import import_module
from pathlib import Path

from django.db.migrations.operations.base import Operation

BASE = Path(__file__).resolve().parents[3]

#: Everything that `rules` made, found by its owner: triggers on the tables of the app, functions named after it.
UNDO = r"""
DO $$ DECLARE found record; BEGIN
    FOR found IN SELECT tgname, tgrelid::regclass AS of FROM pg_trigger JOIN pg_class c ON c.oid = tgrelid
                 WHERE NOT tgisinternal AND c.relname LIKE '{app}\_%' LOOP
        EXECUTE format('DROP TRIGGER %I ON %s', found.tgname, found.of);
    END LOOP;
    FOR found IN SELECT p.oid::regprocedure AS signature FROM pg_proc p
                 WHERE pronamespace = 'public'::regnamespace AND proname LIKE '{functions}\_%' LOOP
        EXECUTE format('DROP FUNCTION %s', found.signature);
    END LOOP;
END $$
"""


def rules(app: str) -> list[str]:
    """The functions and triggers of `<app>/sql/`, and the guards of its tables. May be said again at any time."""
    files = sorted((BASE / app / "sql").glob("*.sql"))
    tables = import_module(f"{app}.models.tables").TABLES
    return [*(file.read_text() for file in files), *(guard for table in tables for guard in table.guards())]


class Rules(Operation):
    """Put the rules of an app into the database as its files and declarations say them now.

    A migration that adds a table or a column to what is guarded ends with it; the sweep (`cdp.operations.guards`)
    fails else.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(self, app: str):
        self.app = app

    def deconstruct(self):
        return (type(self).__name__, [self.app], {})

    def state_forwards(self, app_label, state):
        """Models are not touched."""

    def database_forwards(self, app_label, schema_editor, from_state, to_state):
        for statement in rules(self.app):
            schema_editor.execute(statement, params=None)

    def database_backwards(self, app_label, schema_editor, from_state, to_state):
        functions = "kendt" if self.app == "cdp" else self.app
        undo = UNDO.replace("{app}", self.app).replace("{functions}", functions)
        schema_editor.execute(undo, params=None)

    def describe(self):
        return f"Rules of {self.app}: functions, triggers and guards of its tables"
