"""The queue between the acknowledgement and the facts: nothing lost, nothing twice, one poison harms nobody else."""

import threading
from datetime import timedelta

import pytest
from django.db import connection, connections, transaction
from django.utils import timezone

from cdp.base.database.sql import execute
from profiles import tasks
from profiles.identity import verify
from profiles.ingestion.events import draining, names, quarantine
from profiles.ingestion.http import write_keys
from profiles.models import Event, GoldenValue, IngestRequest, QuarantineItem
from tests import builders
from tests.profiles.ingestion.sending import (
    drain,
    identify,
    reasons,
    send,
    stored,
    take,
    text_of_database,
    track,
    write_key,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def poison():
    """The database refuses one event by its name, as a bug of ours would."""
    [number] = names.numbers([("track", "Poison")]).values()
    execute(f"ALTER TABLE profiles_event ADD CONSTRAINT poisonous CHECK (name_id <> {number})")


def cure():
    execute("ALTER TABLE profiles_event DROP CONSTRAINT poisonous")


def later():
    return timezone.now() + draining.LATE


def test_a_drained_batch_keeps_its_counts_and_loses_its_body():
    key, event = write_key(), track()
    send(event, track(), track(type="charge"), key=key)
    send(event, key=key)
    assert [bool(row.sealed) for row in IngestRequest.objects.all()] == [True, True]

    drain()

    rows = IngestRequest.objects.order_by("id").values_list("state", "events", "stored", "sealed", "attempts")
    assert list(rows) == [("done", 3, 2, None, 0), ("done", 1, 0, None, 0)]


def test_what_waits_of_one_source_is_drained_together():
    key = write_key()
    for number in range(3):
        send(track(f"Event {number}"), key=key)
    first, *_rest = IngestRequest.objects.order_by("id")

    assert draining.drain(ingest_request=first.pk) == 3
    assert not IngestRequest.objects.filter(state="waiting").exists()


def test_a_job_whose_batch_is_done_does_nothing():
    take(track())

    assert draining.drain(ingest_request=IngestRequest.objects.get().pk) == 0


def test_the_sweep_drains_what_no_job_has_drained():
    send(track("Forgotten"), key=write_key())

    assert (draining.sweep(), stored()) == (0, set())
    assert (draining.sweep(now=later()), stored()) == (1, {"Forgotten"})


def test_the_tasks_are_the_verbs():
    send(track("By job"), key=write_key())

    tasks.drain(ingest_request=str(IngestRequest.objects.get().pk))
    tasks.sweep(0)
    tasks.purge(0)

    assert stored() == {"By job"}


def test_a_poisonous_event_is_put_aside_after_five_tries_and_all_others_are_stored(poison):
    key = write_key()
    send(track("Before"), track("Poison"), track("After"), key=key)
    send(track("Next batch"), key=key)

    drain()
    assert stored() == {"Next batch"}
    assert list(IngestRequest.objects.order_by("id").values_list("state", "attempts")) == [("waiting", 1), ("done", 0)]

    for _ in range(3):
        draining.sweep(now=later())
    assert (stored(), reasons()) == ({"Next batch"}, {})

    draining.sweep(now=later())
    assert (stored(), reasons()) == ({"Next batch", "Before", "After"}, {"failed": 1})
    assert not IngestRequest.objects.exclude(state="done").exists()


def test_a_poisonous_event_is_stored_by_a_replay_after_the_cure(poison):
    send(track("Poison", timestamp="2026-05-01T12:00:00Z"), key=write_key())
    for _ in range(5):
        draining.sweep(now=later())
    cure()

    assert quarantine.replay(QuarantineItem.objects.all(), by=None) == (1, 0)
    assert str(Event.objects.get(name__name="Poison").occurred_at) == "2026-05-01 12:00:00+00:00"


def test_a_try_that_fails_when_another_worker_has_drained_the_call_counts_for_nothing(monkeypatch):
    send(track("Drained by another"), key=write_key())
    row = IngestRequest.objects.get()
    failed, take_in = draining._failed, draining.take_in

    def broken(**_what):
        raise RuntimeError

    def failed_late(*what):
        monkeypatch.setattr(draining, "take_in", take_in)
        assert draining.drain(ingest_request=row.pk) == 1
        failed(*what)

    monkeypatch.setattr(draining, "take_in", broken)
    monkeypatch.setattr(draining, "_failed", failed_late)
    draining.drain(ingest_request=row.pk)

    row.refresh_from_db()
    assert (row.state, row.attempts, row.error, row.sealed) == ("done", 0, "", None)


def test_why_what_waits_together_is_drained_one_by_one_is_logged(poison, caplog):
    send(track("Poison"), key=write_key())

    drain()

    told = [record.getMessage().partition(": ") for record in caplog.records if record.name == draining.__name__]
    assert [(what.split()[0], why.split()[0]) for what, _, why in told] == [
        ("What", "IntegrityError"),
        ("Received", "IntegrityError"),
    ]


def test_an_error_is_told_without_what_was_sent(poison):
    send(track("Poison", properties={"word": "planted-word"}), key=write_key())

    drain()

    assert IngestRequest.objects.get().error.startswith("IntegrityError in ")
    assert "planted-word" not in text_of_database()


def test_a_batch_that_cannot_be_opened_is_set_aside_and_can_be_tried_again():
    send(track("Moved"), key=write_key())
    row = IngestRequest.objects.get()
    sealed, row.sealed = row.sealed, b"\x01" + bytes(40)
    row.save()

    for _ in range(5):
        draining.sweep(now=later())
    assert IngestRequest.objects.get().state == "failed"

    IngestRequest.objects.update(sealed=sealed)
    assert draining.try_again(list(IngestRequest.objects.all())) == 1
    drain()
    assert (stored(), IngestRequest.objects.get().state) == ({"Moved"}, "done")


def test_rows_of_batches_drained_long_ago_are_purged():
    take(track())

    assert draining.purge() == 0
    assert draining.purge(now=timezone.now() + timedelta(days=31)) == 1
    assert Event.objects.count() == 1


def test_batches_count_in_the_order_in_which_they_came():
    key = write_key()
    send(identify(traits={"city": "Ribe"}, timestamp="2026-01-01T00:00:00Z"), key=key)
    send(identify(traits={"city": "Odense"}, timestamp="2026-01-01T00:00:00Z"), key=key)
    last = IngestRequest.objects.order_by("id").last()

    draining.drain(ingest_request=last.pk)
    assert GoldenValue.objects.get().text == "Odense"


def test_a_fresh_fold_of_what_was_drained_finds_no_difference():
    key = write_key(builders.source(namespace="user_id"))
    take(track("A", userId=None, anonymousId="d-1"), track("B", userId="anna"), key=key)
    take(identify(userId="anna", anonymousId="d-1", traits={"email": "anna@example.dk", "city": "Ribe"}), key=key)
    take(
        identify(userId="bo", traits={"email": "anna@example.dk"}), track("C", userId="bo", anonymousId="d-1"), key=key
    )
    take(track("D", userId=None, anonymousId="d-1", timestamp="2026-01-01T00:00:00Z"), key=key)

    assert {name: count for name, count in verify.verify().items() if count} == {}


@pytest.mark.django_db(transaction=True)
def test_eight_workers_on_one_queue_store_each_event_once():
    sources = [builders.source(code) for code in ("one", "two")]
    sent = [track(f"Event {number}", userId=f"K-{number % 7}", anonymousId=f"d-{number % 5}") for number in range(60)]
    for source in sources:
        key = write_keys.make(source=source)[1]
        for start in range(0, 60, 6):
            send(*sent[start : start + 9], key=key)
    barrier = threading.Barrier(8)
    troubles = []

    def work():
        try:
            barrier.wait(timeout=20)
            drain()
        except Exception as trouble:
            troubles.append(trouble)
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(timeout=60)
    draining.sweep(now=later())

    assert troubles == []
    assert Event.objects.count() == 2 * 60
    assert {name: count for name, count in verify.verify().items() if count} == {}


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_dies_in_the_middle_leaves_the_batch_for_the_next():
    send(track("Once"), key=write_key())

    class Killed(BaseException):
        pass

    with pytest.raises(Killed), transaction.atomic():
        draining.drain(ingest_request=IngestRequest.objects.get().pk)
        raise Killed
    connection.close()

    assert (stored(), draining.sweep(now=later()), stored()) == (set(), 1, {"Once"})
