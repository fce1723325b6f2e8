"""What takes the disk is told table by table and index by index, and what is for nothing is named."""

import io

import pytest
from django.core.management import call_command
from django.db import connection

from cdp.base.database.sql import execute, rows, value
from cdp.operations import sizes
from tests.profiles.building import person


@pytest.fixture
def shelf(transactional_db):
    """A table in two partitions, with a key, an index that is read and one that is not."""
    execute("CREATE TABLE shelf (id int PRIMARY KEY, kind int, note text) PARTITION BY RANGE (id)")
    execute("CREATE TABLE shelf_low PARTITION OF shelf FOR VALUES FROM (0) TO (1000)")
    execute("CREATE TABLE shelf_high PARTITION OF shelf FOR VALUES FROM (1000) TO (3000)")
    execute("CREATE INDEX shelf_by_kind ON shelf (kind)")
    execute("CREATE INDEX shelf_by_note ON shelf (note)")
    execute("INSERT INTO shelf SELECT n, n, 'note ' || n FROM generate_series(1, 2500) n")
    execute("ANALYZE shelf")
    execute("SET enable_seqscan = off")
    assert rows("SELECT id FROM shelf WHERE kind = 7") == [(7,)]
    connection.close()  # statistics of a session are told when it ends, at the latest
    yield
    execute("DROP TABLE shelf")


def test_partitions_and_their_indexes_are_summed_into_their_table(shelf):
    (found,) = [one for one in sizes.measure() if one.name.startswith("shelf")]

    parts = value("SELECT pg_table_size('shelf_low') + pg_table_size('shelf_high')")
    assert (found.name, found.rows, found.bytes) == ("shelf", 2500, parts)
    assert {index.name for index in found.indexes} == {"shelf_pkey", "shelf_by_kind", "shelf_by_note"}
    assert found.total == value("SELECT pg_total_relation_size('shelf_low') + pg_total_relation_size('shelf_high')")


def test_an_index_that_nobody_reads_is_named_but_a_key_is_not(shelf):
    unread = {one.name for one in sizes.never_read(sizes.measure())}

    assert unread & {"shelf_pkey", "shelf_by_kind", "shelf_by_note"} == {"shelf_by_note"}
    assert "shelf_by_note (" in _told().splitlines()[-1]


@pytest.mark.django_db
def test_every_table_of_ours_is_told_with_its_bytes_a_row_and_a_profile():
    person()
    execute("ANALYZE")

    told = {line.split()[0]: line.split()[1:] for line in _told().splitlines() if line}

    ours = {
        name for (name,) in rows("SELECT relname FROM pg_class WHERE relkind = 'r' AND relname LIKE 'profiles\\_%'")
    }
    partitions = {name for (name,) in rows("SELECT relname FROM pg_class WHERE relispartition AND relkind = 'r'")}
    assert ours - partitions - told.keys() == set()
    assert told["profiles_datakey"][0] == "1"


def _told() -> str:
    out = io.StringIO()
    call_command("db", "sizes", stdout=out)
    return out.getvalue()
