"""Set-based SQL, said shortly: one JSON parameter in, rows out."""

import json
from datetime import datetime
from functools import cache

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection


def execute(sql: str, params=None) -> int:
    """Run one statement; give the number of rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.rowcount


def rows(sql: str, params=None) -> list[tuple]:
    """All rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        return cursor.fetchall()


def dicts(sql: str, params=None) -> list[dict]:
    """All rows of one statement, each as a dict by column name."""
    with connection.cursor() as cursor:
        cursor.execute(sql, params)
        names = [column.name for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def value(sql: str, params=None):
    """The first column of the first row, or None."""
    found = rows(sql, params)
    return found[0][0] if found else None


class _Exact(DjangoJSONEncoder):
    """Django's encoder cuts moments to milliseconds; order of evidence is decided by microseconds."""

    def default(self, value):
        return value.isoformat() if isinstance(value, datetime) else super().default(value)


def as_json(data) -> str:
    """`data` as one JSON parameter, moments to the microsecond and UUIDs included."""
    return json.dumps(data, cls=_Exact)


def copy_in(table: str, columns: list[str], records) -> int:
    """COPY an iterable of tuples into `table`; give how many. Types are adapted by psycopg."""
    names = ", ".join(columns)
    count = 0
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
        for record in records:
            copy.write_row(record)
            count += 1
    return count


def copy_typed(table: str, columns: list[str], records) -> None:
    """As `copy_in`, in binary form, at half the cost. Values are of their columns' types: no text for a number."""
    names = ", ".join(columns)
    types = _column_types(table, names)
    with connection.cursor() as cursor, cursor.copy(f"COPY {table} ({names}) FROM STDIN (FORMAT binary)") as copy:
        copy.set_types(types)
        for record in records:
            copy.write_row(record)


@cache
def _column_types(table: str, names: str) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {names} FROM {table} LIMIT 0")
        return [column.type_code for column in cursor.description]
