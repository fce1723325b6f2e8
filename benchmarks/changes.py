"""What the feed of changes costs: the same ingest with it and, in turn, as if nobody told of changes."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

import orjson

from benchmarks import ingest
from benchmarks.ingest import BATCHES, EVENTS, Door
from benchmarks.measure import Ratio, compare
from profiles import changes
from profiles.changes import ChangeKind
from profiles.ingestion.events import store
from profiles.models import Namespace, Source
from profiles.values import golden

NEW = 20  # batches of people who were not known
TURNS = 9  # the two differ by little
NOTHING = "SELECT 1 WHERE false"
numbers = itertools.count()


def run() -> list[Ratio]:
    ingest.without_limits()
    source = Source.objects.create(
        code="bench-changes", title="Bench", namespace=Namespace.objects.get(code="customer_no")
    )
    ingest.know(source)
    door = Door(source)
    return [
        _compare("feed of changes: events of known people", door, ingest.body, BATCHES),
        _compare("feed of changes: new people", door, _new_people, NEW),
    ]


def _compare(name: str, door: Door, body, batches: int) -> Ratio:
    bodies: list[bytes] = []

    def prepare():
        bodies[:] = [body() for _batch in range(batches)]

    def act():
        door.send(bodies)
        door.drain()

    def act_without():
        with without_feed():
            act()

    asked = {"work": batches * EVENTS, "unit": "calls", "goal": 0.95, "before": prepare, "turns": TURNS}
    return compare(name, ours=act, limit=act_without, **asked)


@contextmanager
def without_feed() -> Iterator[None]:
    """The statements as they would be if nobody told of changes."""
    events = changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=store.SEEN)
    values = changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=golden.CHANGED)
    with (
        mock.patch.object(store, "SEE", _without(events, store.SEE)),
        mock.patch.object(golden, "WRITE", _without(values, golden.WRITE)),
        mock.patch.object(changes, "insertion", lambda **_given: NOTHING),
        mock.patch.object(changes, "record", lambda **_given: 0),
    ):
        yield


def _without(part: str, statement: str) -> str:
    assert part in statement
    return statement.replace(part, NOTHING)


def _new_people() -> bytes:
    return orjson.dumps({"batch": [_identify(next(numbers)) for _call in range(EVENTS)]})


def _identify(number: int) -> dict:
    return {
        "type": "identify",
        "userId": f"N-{number}",
        "messageId": f"new-{number}",
        "traits": {"email": f"new{number}@example.dk", "firstName": f"Anna{number % 300}", "city": "Aarhus"},
    }
