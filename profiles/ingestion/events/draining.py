"""Empty the queue of received calls: one transaction for what waits of a source, so that a crash loses nothing.

The state is the row's, not the job's: whoever holds the row's lock works on it, and a killed worker frees it. A
received call that raises is tried five times; then each of its events stands alone, and the one to blame is put aside.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.db import transaction
from django.db.models import Case, F, Value, When
from django.utils import timezone

from cdp.base.database.locks import Lock, try_for
from cdp.base.database.sql import execute
from cdp.base.memory import gc_paused
from profiles import vault
from profiles.ingestion.events import payload, quarantine
from profiles.ingestion.events.intake import CallRefusal, IncomingCall, take_in
from profiles.ingestion.http.queue import PLACE
from profiles.models import IngestRequest
from profiles.models.events import IngestRequestState

log = logging.getLogger(__name__)

TRIES = 5
TOGETHER = 5_000  # events drained in one transaction, at most (but one whole received call at least)
RECEIVED_CALLS = 100
LATE = timedelta(seconds=10)
KEPT = timedelta(days=30)
TURNS = 20  # of one job, so that a busy source does not keep a worker from all others


def drain(*, ingest_request: UUID) -> int:
    """Drain a received call, with what else waits of its source; give how many events were stored.

    Where another drain of the source is at work this one leaves at once: the other looks again when it has ended.
    """
    row = IngestRequest.objects.defer("sealed").filter(pk=ingest_request, state=IngestRequestState.WAITING).first()
    if row is None:
        return 0
    if row.attempts:
        return _drain_alone(row)
    stored = 0
    for _turn in range(TURNS):
        try:
            drained = _drain_together(row)
        except Exception as error:  # whose fault it is shows when each stands alone
            log.warning("What waits of source %s is drained one by one: %s", row.source_id, _told(error))
            drained = sum(_drain_alone(one) for one in _waiting(row).defer("sealed"))
        if drained is None:
            return stored
        stored += drained
        if not _waiting(row).exists():
            return stored
    return stored


def sweep(*, now: datetime | None = None) -> int:
    """Drain what no job has drained: after a crash, or after a failure. Gives how many were tried."""
    late = IngestRequest.objects.filter(
        state=IngestRequestState.WAITING, received_at__lt=(now or timezone.now()) - LATE
    )
    waiting = list(late.order_by("pk").values_list("pk", flat=True)[:1000])
    for ingest_request in waiting:
        drain(ingest_request=ingest_request)
    return len(waiting)


def try_again(rows: Iterable[IngestRequest]) -> int:
    """Let those of `rows` that were set aside wait once more, now that the cause is mended; give how many."""
    chosen = IngestRequest.objects.filter(pk__in=[row.pk for row in rows], state=IngestRequestState.FAILED)
    return chosen.update(state=IngestRequestState.WAITING, attempts=0, error="")


def purge(*, now: datetime | None = None) -> int:
    """Delete the rows of received calls drained long ago; their bodies went when their events were stored."""
    return IngestRequest.objects.filter(
        state=IngestRequestState.DONE, done_at__lt=(now or timezone.now()) - KEPT
    ).delete()[0]


def _waiting(like: IngestRequest):
    """What waits of the same source and has not failed."""
    fresh = IngestRequest.objects.filter(
        source=like.source_id, is_test=like.is_test, state=IngestRequestState.WAITING, attempts=0
    )
    return fresh.order_by("pk")[:RECEIVED_CALLS]


@gc_paused()
@transaction.atomic
def _drain_together(first: IngestRequest) -> int | None:
    """One drain of a source at a time: what it sent counts in the order in which it came. None while another runs."""
    if not try_for(Lock.DRAIN, first.source_id):
        return None
    chosen = _first_events(_waiting(first).select_for_update().values_list("pk", "events"))
    rows = list(IngestRequest.objects.filter(pk__in=chosen).select_related("source").order_by("pk"))
    return _done(rows, _take(rows)) if rows else 0


def _first_events(waiting: Iterable[tuple[UUID, int]]) -> list[UUID]:
    """As many of the waiting received calls as make one transaction."""
    chosen, events = [], 0
    for pk, count in waiting:
        events += count
        if chosen and events > TOGETHER:
            break
        chosen.append(pk)
    return chosen


def _drain_alone(one: IngestRequest) -> int:
    try:
        with transaction.atomic():
            if not try_for(Lock.DRAIN, one.source_id):
                return 0  # the sweep comes back to it
            row = IngestRequest.objects.select_for_update(of=["self"]).select_related("source").get(pk=one.pk)
            if row.state != IngestRequestState.WAITING:
                return 0
            return _done([row], _take_singly(row) if row.attempts >= TRIES - 1 else _take([row]))
    except Exception as error:
        _failed(one.pk, error)
        return 0


def _take(chosen: list[IngestRequest]) -> list[IncomingCall]:
    """Store what received calls hold; give the entries that became events."""
    source, is_test = chosen[0].source, chosen[0].is_test
    taken = take_in(source=source, is_test=is_test, entries=[entry for row in chosen for entry in _entries(row)])
    quarantine.put_aside(taken.refused, source=source, is_test=is_test)
    return taken.stored


def _take_singly(row: IngestRequest) -> list[IncomingCall]:
    """The last try: events one by one, and those that raise go to the quarantine."""
    stored, refused = [], []
    for entry in _entries(row):
        try:
            taken = take_in(source=row.source, is_test=row.is_test, entries=[entry])
            stored += taken.stored
            refused += taken.refused
        except Exception as error:
            log.warning("An event of received call %s is put aside: %s", row.pk, _told(error))
            refused.append(CallRefusal(entry, "failed"))
    quarantine.put_aside(refused, source=row.source, is_test=row.is_test)
    return stored


def _entries(row: IngestRequest) -> list[IncomingCall]:
    body = payload.parse(vault.open_own(PLACE, row.sealed))
    return [IncomingCall(event, row.received_at, row.sent_at, body.call, row) for event in body.events]


def _done(chosen: list[IngestRequest], stored: list[IncomingCall]) -> int:
    """Count the events of each received call and empty its body; give how many became events in all."""
    counts = Counter(entry.ingest_request.pk for entry in stored)
    execute(
        "UPDATE profiles_ingestrequest i SET state = 'done', sealed = NULL, done_at = now(), error = '',"
        " stored = c.stored"
        " FROM unnest(%s::uuid[], %s::int[]) c(id, stored) WHERE i.id = c.id",
        [[row.pk for row in chosen], [counts[row.pk] for row in chosen]],
    )
    return len(stored)


def _failed(ingest_request: UUID, error: Exception) -> None:
    """Count the try, unless another worker has drained it meanwhile.

    Where the database is gone this raises as well, and the try does not count.
    """
    why = _told(error)
    last = When(attempts__gte=TRIES - 1, then=Value(IngestRequestState.FAILED))
    state = Case(last, default=Value(IngestRequestState.WAITING))
    waiting = IngestRequest.objects.filter(pk=ingest_request, state=IngestRequestState.WAITING)
    if waiting.update(attempts=F("attempts") + 1, error=why, state=state):
        log.warning("Received call %s could not be drained: %s", ingest_request, why)


def _told(error: Exception) -> str:
    """Kind and place of an error. Its text may quote what somebody sent."""
    place = traceback.extract_tb(error.__traceback__)[-1]
    return f"{type(error).__name__} in {Path(place.filename).name}, line {place.lineno}"
