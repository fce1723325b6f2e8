import json

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from cdp.base.database import statistics
from cdp.base.database.sql import execute, value

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def emptied():
    """A table whose rows are gone while its pages are still there, as the planner was told last."""
    execute("CREATE TABLE probe (id int)")
    execute("INSERT INTO probe SELECT generate_series(1, 5000)")
    execute("DELETE FROM probe")
    execute("VACUUM (TRUNCATE OFF) probe")
    yield
    execute("DROP TABLE probe")


@pytest.fixture
def parted():
    execute("CREATE TABLE probe (id int) PARTITION BY RANGE (id)")
    execute("CREATE TABLE probe_low PARTITION OF probe FOR VALUES FROM (0) TO (10000)")
    yield
    execute("DROP TABLE probe")


def expected_rows() -> int:
    plan = value("EXPLAIN (FORMAT json) SELECT FROM probe")
    return (json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"]["Plan Rows"]


def test_rows_of_this_transaction_are_believed_once_the_planner_caught_up(emptied):
    with transaction.atomic():
        execute("INSERT INTO probe SELECT generate_series(1, 5000)")
        before = expected_rows()
        statistics.analyze_stale_tables()

        assert (before, expected_rows()) == (1, 5000)


@pytest.mark.parametrize("count", [1, statistics.BULK])
def test_a_table_taken_for_empty_is_looked_at_before_the_smallest_work_on_it(emptied, count):
    with transaction.atomic():
        execute("INSERT INTO probe SELECT generate_series(1, 5000)")
        statistics.prepare("profiles_profile", "probe", count=count)

        assert expected_rows() == 5000


def test_small_work_on_a_table_that_is_known_to_have_rows_looks_at_nothing(emptied):
    execute("INSERT INTO probe SELECT generate_series(1, 5000)")
    statistics.analyze_stale_tables()

    with CaptureQueriesContext(connection) as asked:
        statistics.prepare("probe", count=statistics.BULK - 1)

    assert len(asked) == 1


def test_a_table_that_did_not_outgrow_its_picture_is_left_alone(emptied):
    execute("INSERT INTO probe SELECT generate_series(1, 5000)")
    statistics.analyze_stale_tables()
    execute("INSERT INTO probe SELECT generate_series(1, 100)")

    with CaptureQueriesContext(connection) as asked:
        statistics.analyze_stale_tables()

    assert [one["sql"] for one in asked if "ANALYZE" in one["sql"] and "probe" in one["sql"]] == []


def test_a_partitioned_table_is_looked_at_as_a_whole(parted):
    execute("INSERT INTO probe SELECT generate_series(1, 5000)")

    statistics.analyze_stale_tables()
    statistics.analyze_stale_tables()

    assert value("SELECT reltuples FROM pg_class WHERE relname = 'probe'") == 5000


def test_the_rows_of_a_partitioned_table_are_believed_once(parted):
    execute("INSERT INTO probe SELECT generate_series(1, 5000)")
    statistics.analyze_stale_tables()
    statistics.analyze_stale_tables()

    assert value(f"SELECT {statistics.estimated_rows('probe')}") == 5000
