"""Folds every projection of every app again, and says where what is stored differs from what it should be."""

from importlib import import_module

from cdp.kit.progress import SILENT, Progress
from cdp.kit.sql import execute, rows

APPS = ("profiles", "consents", "partners", "segments")
GUARDS_OFF = """
SELECT t.tgrelid::regclass::text, count(*) FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid
JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE NOT t.tgisinternal AND t.tgenabled <> 'O' AND n.nspname IN ('public', 'vault') GROUP BY 1
"""


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: number of rows that differ from a fresh fold}; all zero when the product is in order.

    `database.guards` counts the triggers that are switched off: while one is, its table takes what must not be.
    """
    found = {f"{app}.{name}": count for app in APPS for name, count in _of(app).verify(progress).items()}
    return found | {"database.guards": sum(count for _table, count in rows(GUARDS_OFF))}


def rebuild(progress: Progress = SILENT) -> None:
    """Switch every guard on again; then fold every projection from its evidence, lower apps first."""
    for table, _count in rows(GUARDS_OFF):
        execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    for app in APPS:
        _of(app).rebuild(progress)


def _of(app: str):
    return import_module(f"{app}.integrity")
