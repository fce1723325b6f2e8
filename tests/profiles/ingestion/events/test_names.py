"""Names of events are told once; whoever brings a new one keeps nobody waiting."""

import pytest
from django.db import OperationalError, connection

from cdp.base.database.sql import execute, rows, value
from profiles.ingestion.events import names
from profiles.models import Event, EventName
from tests.builders import source
from tests.profiles.building import EVENT, row_of_event
from tests.profiles.imports.building import ORDER_LINE, loaded, order_lines
from tests.profiles.ingestion.sending import drain, send, stored, take, track, write_key

pytestmark = pytest.mark.django_db(transaction=True)

NEW = ("track", "Shelf Rearranged")
WAIT = "SET lock_timeout = '200ms'"


@pytest.fixture(autouse=True)
def nothing_remembered(monkeypatch):
    monkeypatch.setattr(names, "_registered", set())


@pytest.fixture
def other():
    """Another writer, in the middle of a transaction."""
    copy = connection.copy()
    with copy.cursor() as cursor:
        cursor.execute("BEGIN")
        yield cursor
        cursor.execute("ROLLBACK")
    copy.close()


@pytest.fixture
def impatient():
    execute(WAIT)
    yield
    execute("SET lock_timeout = DEFAULT")


def registered() -> set[tuple[str, str]]:
    return set(EventName.objects.values_list("type", "name"))


def test_events_of_one_name_and_type_share_a_number():
    take(track("Home"), track("Home"), {"type": "page", "name": "Home", "userId": "K-1", "messageId": "p"})

    assert (registered(), EventName.objects.count()) == ({("track", "Home"), ("page", "Home")}, 2)
    assert sorted(Event.objects.values_list("name__type", "name__name")) == [("page", "Home"), *[("track", "Home")] * 2]


def test_a_name_is_registered_when_a_call_is_acknowledged_before_its_event_is_stored():
    send(track(NEW[1]), track("Letter to anna@example.dk"), track(" "), key=write_key())

    assert (registered(), stored()) == ({NEW}, set())


def test_a_file_registers_its_names_before_its_rows_are_written(monkeypatch):
    seen = []
    monkeypatch.setattr(
        "profiles.imports.run.events.store.reserve_keys", lambda _keys: seen.append(registered()) or 1 / 0
    )

    with pytest.raises(ZeroDivisionError):
        loaded(order_lines(["c1", "2025-05-10 12:00", "o1", 1, "2.50", "thing"]), ORDER_LINE)

    assert seen == [{("track", "Order Line")}]


def test_writers_of_one_new_name_do_not_wait_for_each_other_once_it_is_registered(other, impatient):
    names.register([NEW])
    other.execute(EVENT, row_of_event(NEW[1], source=source()))

    assert list(names.numbers([NEW])) == [NEW]


def test_a_writer_waits_for_another_who_registers_the_name_in_his_own_transaction(other, impatient):
    other.execute(names.REGISTER, [["track"], [NEW[1]]])

    with pytest.raises(OperationalError):
        names.numbers([NEW])


def test_a_name_that_another_is_registering_is_left_to_the_writer(other, monkeypatch):
    monkeypatch.setattr(names, "PATIENCE", "50ms")
    other.execute(names.REGISTER, [["track"], [NEW[1]]])

    names.register([NEW])

    assert registered() == set()
    other.execute("ROLLBACK")
    send(track(NEW[1]), key=write_key())
    drain()
    assert (registered(), stored()) == ({NEW}, {NEW[1]})


def test_the_writer_registers_what_nobody_registered_ahead(monkeypatch):
    monkeypatch.setattr(names, "register", lambda _names: None)

    take(track(NEW[1]), track("Known"))
    take(track(NEW[1]))

    assert registered() == {NEW, ("track", "Known")}
    assert sorted(Event.objects.values_list("name__name", flat=True)) == ["Known", NEW[1], NEW[1]]


def test_what_a_process_remembers_does_not_deceive_the_writer(monkeypatch):
    monkeypatch.setattr(names, "_registered", {NEW})

    take(track(NEW[1]))

    assert registered() == {NEW}


def test_only_so_many_names_are_remembered(monkeypatch):
    monkeypatch.setattr(names, "REMEMBERED", 3)
    monkeypatch.setattr(names, "_registered", set())

    for number in range(10):
        names.register([("track", f"Event {number}")])

    assert len(names._registered) <= 3
    assert len(rows("SELECT 1 FROM profiles_eventname")) == 10


def test_asking_for_known_names_takes_no_number_from_the_sequence():
    names.numbers([NEW])
    before = value("SELECT last_value FROM profiles_eventname_id_seq")

    names.numbers([NEW])
    names.register([NEW, ("page", "Home")])

    assert value("SELECT last_value FROM profiles_eventname_id_seq") == before + 1
