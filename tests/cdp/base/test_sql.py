import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from psycopg.types.json import Jsonb

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import as_json, copy_typed, execute, rows, value


@pytest.mark.django_db
def test_a_moment_reaches_the_database_to_the_microsecond():
    moment, key = datetime(2026, 11, 21, 10, 0, 0, 123456, UTC), uuid7()

    read = value(
        "SELECT (said ->> 'moment')::timestamptz FROM (SELECT %s::jsonb AS said) s",
        [as_json({"moment": moment, "key": key})],
    )

    assert read == moment


@pytest.mark.django_db
def test_rows_copied_in_binary_form_are_the_same_rows():
    execute(
        "CREATE TEMP TABLE stage_typed (n smallint, id uuid, blob bytea, text varchar, at timestamptz, sure boolean,"
        " figure numeric, day date, items jsonb) ON COMMIT DROP"
    )
    row = (
        7,
        uuid7(),
        b"\0\xff",
        "Ærø\t\\",
        datetime(2026, 11, 21, 10, 0, 0, 1, UTC),
        True,
        Decimal("-12.500000"),
        date(1980, 2, 29),
        Jsonb(["a"]),
    )
    columns = ["n", "id", "blob", "text", "at", "sure", "figure", "day", "items"]

    copy_typed("stage_typed", columns, [row, (None,) * 9])

    full, empty = rows("SELECT * FROM stage_typed ORDER BY n")
    assert (*full[:-1], json.loads(full[-1])) == (*row[:-1], ["a"])
    assert set(empty) == {None}
