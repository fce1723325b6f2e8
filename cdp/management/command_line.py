"""The command line: Django's own, but a database that is not there yet is told in a sentence."""

import contextlib
import sys
from collections.abc import Iterator

from django.conf import settings
from django.core.management import execute_from_command_line
from django.db import Error, OperationalError

NOT_RUNNING = "The database is not running: `make run` starts it, or `manage.py db start`, `migrate` and `roles`."
NO_TABLES = "The database lacks tables of this version: `make run` makes them, or `manage.py migrate` and `roles`."
NOT_THERE = "08"  # the class of SQLSTATE for connections
BEHIND = {"3D000", "3F000", "42P01", "42703"}  # no such database, schema, table, column


def execute(arguments: list[str]) -> None:
    with database_told():
        execute_from_command_line(arguments)


@contextlib.contextmanager
def database_told() -> Iterator[None]:
    """Inside, a database that does not answer, or lacks tables, ends the program with one sentence."""
    try:
        yield
    except Error as trouble:
        if (sentence := _told(trouble)) is None or "--traceback" in sys.argv:
            raise
        sys.exit(f"CommandError: {sentence}")


def _told(trouble: Error) -> str | None:
    """What to do about it; None for troubles that are not about what is there."""
    state = getattr(trouble.__cause__, "sqlstate", None)
    if state in BEHIND:
        return NO_TABLES
    if not isinstance(trouble, OperationalError) or not (state is None or state.startswith(NOT_THERE)):
        return None
    if settings.EXTERNAL_DATABASE:
        return f"The database of DATABASE_URL does not answer: {str(trouble).strip()}"
    return NOT_RUNNING
