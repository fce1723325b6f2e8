import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st
from psycopg.adapt import PyFormat, Transformer
from psycopg.types.array import ListDumper

from cdp.base.database.ids import uuid7
from cdp.base.database.lists import QuickListDumper
from cdp.base.database.sql import value


def nullable(one):
    return st.lists(one | st.none())


#: An empty `bytes` has two forms, which the database reads alike.
LISTS = st.one_of(
    *[st.lists(one) | nullable(one) for one in (st.uuids(), st.binary(min_size=1), st.integers(-(2**63), 2**63 - 1))],
    st.lists(st.booleans()),
    st.lists(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))),
)


@pytest.mark.django_db
@given(LISTS)
def test_a_list_is_written_as_psycopg_writes_it(found):
    connection.ensure_connection()
    context = Transformer(connection.connection)
    own, theirs = (kind(list, context).upgrade(found, PyFormat.TEXT) for kind in (QuickListDumper, ListDumper))

    assert own.dump(found) == theirs.dump(found)


def test_every_connection_writes_lists_so(db):
    connection.ensure_connection()

    assert isinstance(Transformer(connection.connection).get_dumper([uuid7()], PyFormat.TEXT), QuickListDumper)


def test_the_database_reads_lists_as_they_were(db):
    found = [b"", b"\\x00", b'"{},', bytes(range(256))]

    assert [bytes(one) for one in value("SELECT %s::bytea[]", [found])] == found
