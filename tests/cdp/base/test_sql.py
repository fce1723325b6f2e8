from datetime import UTC, datetime

import pytest

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import as_json, value


@pytest.mark.django_db
def test_a_moment_reaches_the_database_to_the_microsecond():
    moment, key = datetime(2026, 11, 21, 10, 0, 0, 123456, UTC), uuid7()

    read = value(
        "SELECT (said ->> 'moment')::timestamptz FROM (SELECT %s::jsonb AS said) s",
        [as_json({"moment": moment, "key": key})],
    )

    assert read == moment
