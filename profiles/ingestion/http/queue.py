"""Take a body in: sealed, whole, in one committed row, with the job that will drain it. Then it may be acknowledged."""

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import timezone
from procrastinate.contrib.django import app

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute
from cdp.base.memory import gc_paused
from profiles import vault
from profiles.ingestion.events import clock, names, payload
from profiles.ingestion.events.calls import named
from profiles.ingestion.http import write_keys
from profiles.ingestion.http.backpressure import gate
from profiles.ingestion.http.errors import NoKey, NotJSON, SourceDisabled
from profiles.ingestion.http.write_keys import Sender

PLACE = "profiles_ingestrequest.sealed"
DRAIN = "profiles.drain"
USED_EVERY = timedelta(minutes=1)


def sender(*candidates: str) -> Sender:
    """Who sends with one of `candidates`. Raises NoKey or SourceDisabled."""
    found = write_keys.find(*candidates)
    if found is None:
        raise NoKey
    if not found.enabled:
        raise SourceDisabled
    return found


@gc_paused()
def receive(*, body: bytes, call: str | None = None, sent_at: str | None = None, by: Sender | None = None) -> int:
    """Keep the body of one request; give how many events it holds. Returns only after the commit.

    call: the type of a single call, None for a batch. sent_at: of the header, where the body says none.
    by: who sends, where the headers told; else the body must. Raises `errors.NotAccepted`.
    """
    body = payload.single(body, call) if call else body
    batch = payload.parse(body)
    if call and not _is_one_object(batch):
        raise NotJSON
    by = by or sender(batch.write_key or _own_key(batch))
    gate.take(by.source, len(batch.events))
    gate.check()
    if batch.events:
        names.register({named(event, batch.call) for event in batch.events} - {None})
        sent = clock.read_clocks(batch.sent_at) or clock.read_clocks(sent_at)
        _keep(by, body, sent and sent.moment, len(batch.events))
    return len(batch.events)


def _is_one_object(batch: payload.Payload) -> bool:
    event = batch.events[0] if len(batch.events) == 1 else None
    return isinstance(event, dict) or (isinstance(event, payload.ParseError) and event.raw.startswith(b"{"))


def _own_key(batch: payload.Payload) -> str:
    """A single call carries the key in itself."""
    event = batch.events[0] if batch.call and batch.events else {}
    key = event.get("writeKey") if isinstance(event, dict) else None
    return key if isinstance(key, str) else ""


@transaction.atomic
def _keep(by: Sender, body: bytes, sent_at: datetime | None, events: int) -> None:
    """It counts as received when the database has it, by the clock of the database."""
    ingest_request = uuid7()
    execute(
        "INSERT INTO profiles_ingestrequest (id, source_id, is_test, received_at, sent_at, sealed, events, stored,"
        " state, attempts, error) VALUES (%s, %s, %s, clock_timestamp(), %s, %s, %s, 0, 'waiting', 0, '')",
        [ingest_request, by.source, by.is_test, sent_at, vault.seal_own(PLACE, body), events],
    )
    app.configure_task(DRAIN, queue="ingest").defer(ingest_request=str(ingest_request))
    now = timezone.now()
    if by.last_used_at is None or now - by.last_used_at > USED_EVERY:
        execute("UPDATE profiles_sourcekey SET last_used_at = %s WHERE id = %s", [now, by.key])
