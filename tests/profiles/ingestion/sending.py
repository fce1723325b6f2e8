"""Sending events as a client does, and draining them as the worker does."""

import base64
import gzip
import itertools
import json
from datetime import datetime, timedelta

from django.test import Client
from django.utils import timezone

from cdp.base.database.sql import rows
from profiles.ingestion.events import draining
from profiles.ingestion.events.store import PLACE
from profiles.ingestion.http import write_keys
from profiles.models import Event, IngestRequest, QuarantineItem, Record, Source
from profiles.vault import Keyring
from tests import builders

numbers = itertools.count(1)


def write_key(source: Source | None = None, *, is_test: bool = False) -> str:
    return write_keys.make(source=source or builders.source(), is_test=is_test)[1]


def basic(key: str) -> dict:
    return {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}


def track(event: str = "Product Viewed", **members) -> dict:
    """A track call of a known customer, its message id made up unless given."""
    return {
        "type": "track",
        "event": event,
        "userId": "K-1",
        "messageId": f"message-{next(numbers)}",
        "timestamp": timezone.now().isoformat(),
    } | members


def identify(**members) -> dict:
    return track(**{"type": "identify"} | members)


def send(*events: dict, key: str, path: str = "/v1/batch", sent_at: str | None = None, **headers):
    """POST a batch and give the response."""
    body = {"batch": list(events), "sentAt": sent_at or timezone.now().isoformat()}
    return post(json.dumps(body), key=key, path=path, **headers)


def post(body: str | bytes, *, key: str | None = None, path: str = "/v1/batch", headers: dict | None = None):
    """POST bytes as they are."""
    told = (basic(key) if key else {}) | (headers or {})
    return Client().generic("POST", path, body, content_type="text/plain", headers=told)


def zipped(body: str) -> bytes:
    return gzip.compress(body.encode())


def drain() -> None:
    """As the worker does, for all that waits."""
    for ingest_request in IngestRequest.objects.filter(state="waiting").order_by("id").values_list("id", flat=True):
        draining.drain(ingest_request=ingest_request)


def take(*events: dict, key: str | None = None, **options) -> None:
    """Send, expect the acknowledgement, and drain."""
    response = send(*events, key=key or write_key(), **options)
    assert (response.status_code, response.json()["success"]) == (200, True)
    drain()


def stored() -> set[str]:
    """The names of all events."""
    return set(Event.objects.values_list("name__name", flat=True))


def personal(name: str) -> dict:
    """The sealed properties of the event of this name."""
    event = Event.objects.get(name__name=name)
    identity = Record.objects.get(pk=event.record_id).identity_id
    return json.loads(Keyring.for_reading({identity}).open(identity, PLACE, event.sealed) or "{}")


def reasons() -> dict[str, int]:
    """How many events are aside, by reason."""
    found: dict[str, int] = {}
    for reason in QuarantineItem.objects.filter(state="open").values_list("reason", flat=True):
        found[reason] = found.get(reason, 0) + 1
    return found


def seconds_apart(one: datetime, other: datetime) -> float:
    return abs((one - other) / timedelta(seconds=1))


def text_of_database() -> str:
    """Every row of every table as text, the keys of people included: where a planted value must not be found."""
    tables = rows(
        "SELECT format('%I.%I', schemaname, tablename) FROM pg_tables WHERE schemaname IN ('public', 'vault')"
    )
    return "\n".join(row for (table,) in tables for (row,) in rows(f"SELECT t::text FROM {table} t"))
