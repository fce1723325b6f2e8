"""Events put aside: why, what to do, and how they come back."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from django.utils import timezone

from cdp.base.errors import ReasonNeeded
from profiles.ingestion.events import quarantine
from profiles.models import Event, Namespace, Profile, QuarantineItem, Source
from tests import builders
from tests.profiles.ingestion.sending import drain, post, reasons, stored, take, text_of_database, track, write_key
from tests.some import each

pytestmark = pytest.mark.django_db


def items():
    return list(QuarantineItem.objects.order_by("id"))


@pytest.fixture
def unreadable() -> Source:
    """A source whose ids are taken for phone numbers, by mistake."""
    return builders.source(namespace="phone")


def mend(source: Source) -> None:
    source.namespace = Namespace.objects.get(code="customer_no")
    source.save()


def test_an_item_says_why_and_what_to_do_and_shows_no_value():
    take(track(event="", properties={"color": "planted-value", "planted@example.dk": 1}))

    (item,) = items()
    assert (item.reason, item.state, bool(item.detail)) == ("no_event_name", "open", True)
    assert item.sample == {"size": item.sample["size"], "type": "track", "event": "", "properties": ["color"]}
    assert "planted" not in text_of_database()


def test_every_reason_has_its_advice():
    folder = Path(quarantine.__file__).parent
    named = set()
    for file in folder.glob("*.py"):
        named |= set(re.findall(r'(?:Unusable|CallRefusal|ParseError)\((?:entry, |piece, )?"(\w+)"', file.read_text()))
    assert each(named) <= set(quarantine.ADVICE)
    assert {"no_identity", "not_an_object", "failed", "too_deep"} <= named


def test_the_same_bad_event_sent_again_is_one_item():
    key, bad = write_key(), track(type="charge")

    take(bad, key=key)
    take(bad, bad, key=key)

    assert reasons() == {"unknown_type": 1}


def test_a_replay_of_what_is_still_bad_leaves_it_aside():
    take(track(type="charge"))

    assert quarantine.replay(items(), by=None) == (0, 1)
    assert reasons() == {"unknown_type": 1}


def test_a_replay_of_what_is_no_object_holds_up_no_other(unreadable):
    key = write_key(unreadable)
    take(5, None, ["x"], track("Call", userId="K-100"), key=key)
    mend(unreadable)

    assert quarantine.replay(items(), by=None) == (1, 3)
    assert (reasons(), stored()) == ({"not_an_object": 3}, {"Call"})


def test_a_replay_stores_the_event_with_the_times_it_came_at_and_only_once(unreadable):
    key = write_key(unreadable)
    take(track("Call", userId="20 12 34 56", timestamp="2026-05-01T12:00:00Z"), key=key, sent_at="2026-05-01T12:00:01Z")
    take(track("Odd", userId="K-1"), key=key)
    received = items()[-1].received_at
    assert (stored(), reasons()) == ({"Call"}, {"no_identity": 1})

    mend(unreadable)
    chosen = items()

    assert quarantine.replay(chosen, by=None) == (1, 0)
    assert quarantine.replay(chosen, by=None) == (0, 0)
    event = Event.objects.get(name__name="Odd")
    assert (event.received_at, Event.objects.count()) == (received, 2)
    assert [(item.state, item.sealed, item.sample) for item in items()] == [("replayed", None, {})]


def test_a_replay_of_an_event_that_was_sent_again_meanwhile_stores_nothing_twice(unreadable):
    key, event = write_key(unreadable), track("Odd", userId="K-1")
    take(event, key=key)

    mend(unreadable)
    take(event, key=key)

    assert quarantine.replay(items(), by=None) == (1, 0)
    assert Event.objects.count() == 1


def test_test_data_stays_test_data_through_the_quarantine(unreadable):
    take(track("Odd", userId="K-1"), key=write_key(unreadable, is_test=True))
    assert items()[0].sample["test"] is True

    mend(unreadable)
    quarantine.replay(items(), by=None)

    assert list(Profile.objects.values_list("is_test", flat=True)) == [True]


def test_a_single_call_is_replayed_as_the_call_it_was(unreadable):
    body = b'{"userId": "K-1", "event": "Odd", "messageId": "m-1"}'
    assert post(body, key=write_key(unreadable), path="/v1/track").status_code == 200

    drain()
    mend(unreadable)

    assert (quarantine.replay(items(), by=None), stored()) == ((1, 0), {"Odd"})


def test_discarding_needs_a_reason_and_destroys_the_content():
    take(track(type="charge"))
    officer = builders.user("karen")

    with pytest.raises(ReasonNeeded):
        quarantine.discard(items(), reason=" ", by=officer)
    assert quarantine.discard(items(), reason="a test of the till", by=officer) == 1

    (item,) = items()
    assert (item.state, item.sealed, item.sample) == ("discarded", None, {})
    assert item.note == "karen: a test of the till"
    assert quarantine.replay([item], by=officer) == (0, 0)


def test_an_item_goes_on_its_day():
    take(track(type="charge"))

    assert quarantine.purge(now=timezone.now() + timedelta(days=29)) == 0
    assert quarantine.purge(now=timezone.now() + timedelta(days=31)) == 1
