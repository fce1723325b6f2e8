"""When an event happened, told by three clocks."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from profiles.ingestion.events import clock
from profiles.models import Event
from tests.profiles.ingestion.sending import seconds_apart, take, track

THRESHOLD = timedelta(seconds=60)
RECEIVED = datetime(2026, 11, 21, 12, tzinfo=UTC)
DAY = 86_400


def cases() -> list[tuple[float, float, float]]:
    """200 of (the sender's clock is off by, sent after, received after that), in seconds."""
    dice = random.Random(25)
    skews = [0, 1, 59, -59, 3 * DAY, -3 * DAY, *[dice.uniform(-3 * DAY, 3 * DAY) for _ in range(194)]]
    return [(skew, dice.uniform(0, 600), dice.uniform(0, 0.9)) for skew in skews]


@pytest.mark.parametrize(("skew", "waited", "travelled"), cases())
def test_a_skewed_clock_is_put_right_within_a_second(skew, waited, travelled):
    sent = RECEIVED - timedelta(seconds=travelled)
    truth = sent - timedelta(seconds=waited)
    off = timedelta(seconds=skew)

    moment, flags = clock.effective(clock.ClockReading(truth + off, True), sent + off, RECEIVED, THRESHOLD)

    right = abs(skew) + travelled > 60 and flags == ["clock_skew"]
    untouched = flags == [] and moment == truth + off
    assert (right and seconds_apart(moment, truth) < 1) or untouched
    assert untouched == (abs((RECEIVED - sent - off).total_seconds()) <= 60)


def test_a_sending_time_that_is_stale_by_less_than_a_minute_moves_nothing():
    truth = RECEIVED - timedelta(hours=3)

    assert clock.effective(clock.ClockReading(truth, True), RECEIVED - timedelta(seconds=59), RECEIVED, THRESHOLD) == (
        truth,
        [],
    )


@pytest.mark.parametrize("ahead", [301, DAY, 300 * DAY])
def test_nothing_happens_later_than_five_minutes_after_it_was_received(ahead):
    future = clock.ClockReading(RECEIVED + timedelta(seconds=ahead), True)

    assert clock.effective(future, None, RECEIVED, THRESHOLD) == (RECEIVED, ["clamped"])


def test_five_minutes_ahead_are_believed():
    soon = RECEIVED + timedelta(minutes=5)

    assert clock.effective(clock.ClockReading(soon, True), None, RECEIVED, THRESHOLD) == (soon, [])


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+14:00", "1899-12-31T00:00:00Z", "2016-11-19T00:00:00Z"])
def test_an_event_of_another_age_is_too_old(text):
    reading = clock.read_clocks(text)

    with pytest.raises(clock.TooOld):
        clock.effective(
            reading or clock.ClockReading(datetime.min.replace(tzinfo=UTC), True), None, RECEIVED, THRESHOLD
        )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-21T12:00:00Z", RECEIVED),
        ("2026-11-21T12:00:00.000Z", RECEIVED),
        ("2026-11-21T14:00:00+02:00", RECEIVED),
        ("2026-11-21T12:00:00.000000+00:00", RECEIVED),
        ("2026-11-21T06:30:00-05:30", RECEIVED),
    ],
)
def test_every_spelling_of_a_moment_is_that_moment(text, moment):
    assert clock.read_clocks(text) == (moment, True)


@pytest.mark.parametrize("text", ["yesterday", "", None, 1732190400, {}, "9999-12-31T23:59:59-14:00", "2026-02-30"])
def test_what_is_no_moment_is_none(text):
    assert clock.read_clocks(text) is None


@pytest.mark.django_db
def test_the_four_times_are_kept():
    original, sent = datetime(2026, 1, 1, 12, tzinfo=UTC), datetime(2026, 1, 1, 12, 5, tzinfo=UTC)

    take(track(timestamp="2026-01-01T12:00:00Z"), sent_at="2026-01-01T12:05:00Z")

    event = Event.objects.get()
    assert (event.original_at, event.sent_at, event.flags) == (original, sent, ["clock_skew"])
    assert event.occurred_at - original == event.received_at - sent


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("times", "told"),
    [
        ({"originalTimestamp": "2026-01-01T12:00:00Z", "timestamp": "2026-01-02T12:00:00Z"}, "2026-01-01"),
        ({"timestamp": "2026-01-02T12:00:00Z"}, "2026-01-02"),
    ],
)
def test_the_original_time_counts_where_both_are_sent_and_is_kept_once(times, told):
    take(track(**{"timestamp": None} | times))

    event = Event.objects.get()
    assert (str(event.occurred_at)[:10], event.original_at) == (told, None)


@pytest.mark.django_db
def test_the_event_s_own_sending_time_counts_before_the_batch_s_and_that_before_the_header_s():
    take(
        track("Own", sentAt="2026-01-03T00:00:00Z"),
        track("Payload"),
        sent_at="2026-01-02T00:00:00Z",
        headers={"SentAt": "2026-01-01T00:00:00Z"},
    )
    take(track("Header"), sent_at="never", headers={"SentAt": "2026-01-01T00:00:00Z"})

    days = {name: str(moment)[:10] for name, moment in Event.objects.values_list("name__name", "sent_at")}
    assert days == {"Own": "2026-01-03", "Payload": "2026-01-02", "Header": "2026-01-01"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("timestamp", "flags"),
    [
        (None, ["time_unknown"]),
        ("soon", ["time_unknown"]),
        ("2026-11-01T12:00:00", ["no_offset"]),
        ("2026-11-01T12:00:00Z", []),
    ],
)
def test_a_time_that_is_not_understood_is_the_time_of_reception_and_flagged(timestamp, flags):
    take(track(timestamp=timestamp))

    event = Event.objects.get()
    assert (event.flags or []) == flags
    assert (event.occurred_at == event.received_at) == (flags == ["time_unknown"])
