"""A reader sees every change once, in an order in which nothing appears behind it, whoever commits when."""

from datetime import timedelta

import psycopg
import pytest
from django.db import connection
from django.utils import timezone

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute
from cdp.operations import backup
from profiles import changes
from profiles.changes import ChangeKind, Expired, keeping, reading
from profiles.changes.reading import oldest
from profiles.changes.recording import GIVEN
from profiles.models import Change
from tests.builders import guards_off
from tests.cdp.operations.test_backup import empty_database  # noqa: F401 (a fixture)
from tests.changes import settle

pytestmark = pytest.mark.django_db(transaction=True)
MOVED, LEFT = ChangeKind.IMPORT_MOVED, ChangeKind.MEMBER_LEFT


@pytest.fixture
def writers():
    """Opens connections of their own, each with a transaction in which it can `tell`."""
    opened = []

    def open_one() -> Writer:
        opened.append(Writer(psycopg.connect(**psycopg_parameters())))
        return opened[-1]

    yield open_one
    for writer in opened:
        writer.connection.close()


def psycopg_parameters() -> dict:
    given = connection.get_connection_params()
    return {name: given[name] for name in ("dbname", "user", "password", "host", "port", "options") if name in given}


class Writer:
    def __init__(self, connection):
        self.connection = connection

    def tell(self, word: str):
        given = {"profiles": [None], "object": None, "what": [word]}
        self.connection.execute(changes.insertion(kind=MOVED, rows=GIVEN), given)


def tell(*words: str, kind=MOVED):
    for word in words:
        changes.record(kind=kind, what=[word])


def read(after=None, **asked):
    """(words, position, whether there is more) of the next page."""
    settle()
    page = changes.read(after=after or oldest(), **asked)
    return [change.what[0] for change in page.changes], page.position, page.has_more


def test_a_later_change_waits_for_an_earlier_one_that_is_not_committed_yet(writers):
    slow, quick = writers(), writers()
    slow.tell("slow")
    quick.tell("quick")
    quick.connection.commit()

    before, position, _more = read()
    slow.connection.commit()
    after, position, _more = read(position)

    assert (before, after) == ([], ["slow", "quick"])
    assert read(position)[0] == []


def test_a_change_that_is_rolled_back_holds_nobody_up(writers):
    gone, quick = writers(), writers()
    gone.tell("gone")
    quick.tell("quick")
    quick.connection.commit()
    gone.connection.rollback()

    assert read()[0] == ["quick"]


def test_pages_go_on_where_the_one_before_ended():
    tell("a", "b", "c")

    first, position, more = read(limit=2)
    second, position, last = read(position, limit=2)

    assert (first, more, second, last) == (["a", "b"], True, ["c"], False)


def test_a_reader_of_few_kinds_looks_at_a_bounded_number_of_others(monkeypatch):
    monkeypatch.setattr(reading, "WANTED", reading.WANTED.replace("100000", "3"))
    monkeypatch.setattr(reading, "LAST_LOOKED_AT", reading.LAST_LOOKED_AT.replace("99999", "2"))
    tell("a", "b", "c", "d")
    tell("e", kind=LEFT)

    first = read(kinds=[LEFT])
    second = read(first[1], kinds=[LEFT])

    assert (first[0], first[2], second[0], second[2]) == ([], True, ["e"], False)


def test_a_reader_may_begin_with_what_comes():
    tell("before")
    settle()
    position = changes.present()
    tell("after")

    assert read(position)[0] == ["after"]


def test_old_changes_go_and_a_position_before_them_is_refused(settings):
    settings.CHANGES_KEPT_DAYS = 10
    tell("old", "new")
    _words, position, _more = read()
    past = position._replace(moment=timezone.now() - timedelta(days=10, minutes=1))
    with guards_off("profiles_change"):
        execute("UPDATE profiles_change SET recorded_at = now() - interval '12 days' WHERE what = '{old}'")

    assert keeping.purge() == 1

    assert read()[0] == ["new"]
    with pytest.raises(Expired):
        changes.read(after=past)


def test_after_a_restore_into_a_new_cluster_every_change_is_seen_once(empty_database, tmp_path):  # noqa: F811
    """A new cluster counts its transactions from the start: the numbers in the dump lie ahead of it."""
    tell("first", "second")
    with guards_off("profiles_change"):
        execute("UPDATE profiles_change SET xid = ((seq + 1) * 1000000000000)::text::xid8")
    first = Change.objects.order_by("seq").first()
    inside = changes.Position(first.epoch, first.xid, first.seq, first.recorded_at)
    backup.write(tmp_path)
    empty_database()

    backup.restore(tmp_path)
    tell("third")

    assert read()[0] == ["first", "second", "third"]
    assert read(inside)[0] == ["second", "third"]


def test_a_restore_by_other_means_is_noticed_once():
    tell("first")
    assert keeping.begin_epoch_if_restored() is False
    with guards_off("profiles_change"):
        execute("UPDATE profiles_change SET xid = '1000000000000'")

    assert [keeping.begin_epoch_if_restored() for _time in range(2)] == [True, False]
    tell("second")

    assert read()[0] == ["first", "second"]


def test_a_change_of_a_person_who_is_unknown_is_real():
    changes.record(kind=ChangeKind.PROFILE_ERASED, profiles=[uuid7()])

    settle()
    assert len(changes.read(after=oldest()).changes) == 1
