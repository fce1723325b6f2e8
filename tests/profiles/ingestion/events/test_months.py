"""Months of events are made ahead; what comes for another month stands in the default partition, and nobody waits."""

import pytest
from django.db import connection

from cdp.base.database.sql import execute, rows, value
from profiles.ingestion.events import months
from tests.builders import source
from tests.profiles.building import EVENT, row_of_event
from tests.profiles.imports.building import ORDER_LINE, WHOLE_ORDER, loaded, order_lines, some_whole_orders

LONG_AGO = "2001-05-09T12:00:00+00:00"
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def no_month_of_long_ago():
    yield
    execute("DROP TABLE IF EXISTS profiles_event_2001_05, profiles_orderline_2001_05")


def an_event(moment: str = LONG_AGO) -> None:
    execute(EVENT, row_of_event(source=source(), occurred_at=moment))


def place(table: str = "profiles_event") -> list[str]:
    return [name for (name,) in rows(f"SELECT tableoid::regclass::text FROM {table}")]


def test_the_months_around_today_stand_before_their_first_event():
    months.make_around_today()

    found = value(
        "SELECT count(*) FROM generate_series(-2, 3) n WHERE to_regclass('profiles_event_' || to_char("
        " date_trunc('month', now() AT TIME ZONE 'UTC') + make_interval(months => n), 'YYYY_MM')) IS NOT NULL"
    )
    assert found == 6


def test_an_event_of_a_month_without_a_partition_is_stored_and_its_month_is_not_made_over_it():
    an_event()
    assert place() == ["profiles_event_default"]

    months.make(["2001-05"])

    assert (place(), value("SELECT to_regclass('profiles_event_2001_05')")) == (["profiles_event_default"], None)


def test_a_month_is_made_beside_writers_of_events_who_have_not_committed():
    row = row_of_event(source=source())
    connection.close()
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute(EVENT, row)
        months.make(["2001-05"])
        cursor.execute("COMMIT")
    other.close()

    an_event()
    assert sorted(place())[0] == "profiles_event_2001_05"


def test_a_month_that_would_have_to_wait_is_left_to_the_default(monkeypatch):
    monkeypatch.setattr(months, "PATIENCE", "50ms")
    other = connection.copy()
    with other.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT count(*) FROM profiles_event_default")
        months.make(["2001-05"])
        cursor.execute("COMMIT")
    other.close()

    assert value("SELECT to_regclass('profiles_event_2001_05')") is None


def test_a_file_gets_its_months_before_its_rows_are_written():
    loaded(order_lines(["c1", "2001-05-10 12:00", "o1", 1, "2.50", "thing"]), ORDER_LINE)

    assert place() == ["profiles_event_2001_05"]


def test_lines_stand_in_the_months_of_their_events():
    loaded(some_whole_orders(1).replace(b"2025-03-10", b"2001-05-10"), WHOLE_ORDER)

    assert (place(), place("profiles_orderline")) == (["profiles_event_2001_05"], ["profiles_orderline_2001_05"])


def test_lines_of_a_month_without_a_partition_are_stored_and_the_month_is_not_made_over_them():
    execute("INSERT INTO profiles_orderline (event_id, occurred_at, position) VALUES (1, %s, 1)", [LONG_AGO])

    months.make(["2001-05"])

    assert place("profiles_orderline") == ["profiles_orderline_default"]
    assert value("SELECT to_regclass('profiles_event_2001_05')") is None
