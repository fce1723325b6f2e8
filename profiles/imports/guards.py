"""What stands before the verbs of an import: what must not begin, the moves between states, and the lease.

The lease says that a process is at work. It is renewed with each block and ends by itself when the process dies; the
number of blocks done, read under a lock, keeps a process that only seemed dead from applying a block twice.
"""

from datetime import timedelta
from uuid import UUID

from django.db.models import Q
from django.utils import timezone

from profiles.facts.terms import TermsMissing, refuse_unlicensed
from profiles.imports import handlers
from profiles.imports.mapping import check
from profiles.imports.refusals import AlreadyLoaded, Busy, MappingMissing, SourceClosed, WrongState
from profiles.models import Batch, Mapping, Source
from profiles.models.sources import BatchState

LEASE = timedelta(seconds=60)
STARTED = [BatchState.RUNNING, BatchState.PAUSED, BatchState.DONE]


def refuse_foreign(source: Source, party: int, terms: UUID | None) -> None:
    if not source.enabled:
        raise SourceClosed(source=source.title)
    refuse_unlicensed(party, terms)


def refuse_unready(batch: Batch) -> None:
    """Everything that must stop an import before its first row."""
    refuse_foreign(batch.source, batch.party, batch.terms)
    if batch.mapping is None:
        raise MappingMissing
    check(batch.mapping.spec, rows=batch.mapping.rows, columns=batch.format["columns"])
    if batch.terms:
        in_force = handlers.of("terms")
        if in_force is None:
            raise TermsMissing
        in_force(batch=batch)
    refuse_loaded(source=batch.source, mapping=batch.mapping, sha256=batch.sha256, but=batch)


def refuse_loaded(*, source: Source, mapping: Mapping, sha256: str, but: Batch | None = None) -> None:
    """The same file by the same mapping counts once."""
    same = Batch.objects.filter(source=source, mapping=mapping, sha256=sha256, state__in=STARTED)
    if receipt := same.exclude(pk=but and but.pk).first():
        raise AlreadyLoaded(receipt)


def refuse_unless(batch: Batch, states: list[str]) -> None:
    if batch.state not in states:
        raise WrongState(state=batch.get_state_display())


def unleased() -> Q:
    """The imports whose lease no process holds, as a condition on Batch."""
    return Q(leased_until=None) | Q(leased_until__lte=timezone.now())


def is_busy(batch: Batch) -> bool:
    """Whether some process holds the lease."""
    return batch.leased_until is not None and batch.leased_until > timezone.now()


def refuse_busy(batch: Batch) -> None:
    if is_busy(batch):
        raise Busy(until=f"{batch.leased_until:%H:%M:%S} UTC")


def move(batch: Batch, states: list[str], state: str, **fields) -> Batch:
    """To another state, if it still is in one of `states`. A move frees the lease."""
    fields |= {"state": state, "leased_until": None}
    moved = Batch.objects.filter(pk=batch.pk, state__in=states).update(**fields)
    batch.refresh_from_db()
    if not moved:
        raise WrongState(state=batch.get_state_display())
    return batch


def claim(batch: Batch, states: list[str]) -> None:
    """Take the lease, which ends by itself when we die. Raises Busy when another process holds it."""
    now = timezone.now()
    taken = Batch.objects.filter(unleased(), pk=batch.pk, state__in=states).update(leased_until=now + LEASE)
    batch.refresh_from_db()
    if not taken:
        refuse_unless(batch, states)
        raise Busy(until=f"{batch.leased_until or now:%H:%M:%S} UTC")


def extend(batch: Batch, **fields) -> None:
    Batch.objects.filter(pk=batch.pk).update(leased_until=timezone.now() + LEASE, **fields)
