"""The verbs of an import: propose, describe, check, start, run, pause, resume, cancel.

A run applies one block after the other. Each block is one transaction that also moves `blocks_done` and the counts, so
whatever stops a run, it goes on after the last committed block, and the result is that of an uninterrupted run.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from typing import BinaryIO
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _

from cdp.kit.refused import Refused
from profiles.imports import files, formats, handlers, mapping, reading, rejects
from profiles.imports.customers import Customers
from profiles.imports.event_rows import Events
from profiles.imports.formats import Format
from profiles.imports.loading import Load, Loaded, Loader
from profiles.imports.names import shown_name
from profiles.imports.refusals import (
    AlreadyLoaded,
    Busy,
    MappingMissing,
    SourceClosed,
    TermsMissing,
    WrongState,
)
from profiles.imports.rows import Block
from profiles.imports.samples import Samples
from profiles.models import Batch, Mapping, Source
from profiles.models.sources import BatchState, Party, RowKind

BLOCK_ROWS = 10_000
LEASE = timedelta(seconds=60)
OWN = {Party.ZERO, Party.FIRST}
STARTED = [BatchState.RUNNING, BatchState.PAUSED, BatchState.DONE]
NOTHING = dict.fromkeys(["rows_done", "rows_new", "rows_updated", "rows_unchanged", "rows_rejected"], 0)
OPEN = [BatchState.WAITING, BatchState.CHECKED]
LOADERS = {RowKind.CUSTOMERS: Customers, RowKind.CONSENTS: Customers, RowKind.EVENTS: Events}
Progress = Callable[[int], None]
log = logging.getLogger(__name__)


# --- Before the run ---------------------------------------------------------------------------------------------


def propose(
    *,
    file: BinaryIO,
    file_name: str,
    source: Source,
    by,
    party: int | None = None,
    terms: UUID | None = None,
    declared: dict | None = None,
) -> Batch:
    """Keep an uploaded file, sealed, and find out how it is written; `declared` members of the format stand first.

    Loads nothing. Raises a FileRefused, and keeps nothing, when the file cannot be read to its end.
    """
    party = source.party if party is None else party
    _refuse_foreign(source, party, terms)
    kept = files.keep(file)
    try:
        with closing(files.opened(kept.name)) as stored:
            format = formats.detect(stored, **_encoding(declared)).declared(**(declared or {}))
            survey = reading.survey(stored, format)
    except Exception:
        files.remove(kept.name)
        raise
    return Batch.objects.create(
        source=source,
        party=party,
        terms=terms,
        file_name=shown_name(file_name),
        stored_as=kept.name,
        sha256=kept.sha256,
        format=format.as_dict() | {"columns": survey.columns, "size": kept.size},
        rows_total=survey.rows,
        created_by=by,
    )


def describe(*, batch: Batch, mapping: Mapping | None = None, declared: dict | None = None) -> Batch:
    """Say how the file is written (members of Format) and what its columns mean; counts of an earlier check go."""
    _refuse_unless(batch, OPEN)
    if declared:
        with closing(files.opened(batch.stored_as)) as stored:
            format = Format.of(batch.format).declared(**declared)
            survey = reading.survey(stored, format)
        batch.format |= format.as_dict() | {"columns": survey.columns}
        batch.rows_total = survey.rows
    batch.mapping = mapping or batch.mapping
    batch.state = BatchState.WAITING
    batch.samples = {}
    batch.save(update_fields=["format", "rows_total", "mapping", "state", "samples"])
    return batch


def remember_mapping(*, source: Source, name: str, rows: str, spec: dict, reason: str = "") -> Mapping:
    """The mapping of that name of a source, made or changed; what it said before stays in its history."""
    mapping.check(spec, rows=rows)
    found = Mapping.objects.filter(source=source, name=name).first() or Mapping(source=source, name=name)
    if (found.rows, found.spec) != (rows, spec):
        found.rows, found.spec, found._change_reason = rows, spec, reason
        found.save()
    return found


def check(*, batch: Batch, progress: Progress | None = None) -> Batch:
    """Dry run: the same code as the run, rolled back after each block; leaves counts and masked samples."""
    _refuse_unready(batch)
    _refuse_unless(batch, OPEN)
    _claim(batch, OPEN)
    load = Load.of(batch)
    loader, samples, counts = _loader(load), Samples(load), Counter(NOTHING)
    with _blocks(batch) as blocks:
        for block in blocks:
            with transaction.atomic():
                loaded = loader.load(block)
                transaction.set_rollback(True)
            counts += samples.add(loaded)
            counts["rows_done"] += len(block)
            _extend(batch, rows_done=counts["rows_done"])
            _report(progress, counts["rows_done"])
    counts = NOTHING | counts
    return _move(batch, OPEN, BatchState.CHECKED, samples=samples.as_dict(), **counts)


@transaction.atomic
def start(*, batch: Batch) -> Batch:
    """Let the run begin; a worker, or the caller, goes on with `run`. Refuses a file that was loaded already."""
    _refuse_unready(batch)
    samples = batch.samples | {"left_out": {}}
    return _move(batch, OPEN, BatchState.RUNNING, started_at=timezone.now(), samples=samples, blocks_done=0, **NOTHING)


# --- The run ----------------------------------------------------------------------------------------------------


def run(*, batch: Batch, progress: Progress | None = None) -> Batch:
    """Apply the blocks of a started import that are not applied yet. Returns when done, paused or cancelled.

    Raises Busy when another process works on it. Trouble leaves the import failed, with all blocks before it applied.
    """
    _claim(batch, [BatchState.RUNNING])
    try:
        _apply_all(batch, progress)
    except Exception as trouble:
        _fail(batch, trouble)
        raise
    batch.refresh_from_db()
    return batch


def _apply_all(batch: Batch, progress: Progress | None) -> None:
    loader = _loader(Load.of(batch))
    with _blocks(batch) as blocks:
        for block in blocks:
            if block.number < batch.blocks_done:
                loader.skip(block)
                _extend(batch)
            elif not _apply(batch, loader, block):
                return
            _report(progress, batch.rows_done)
    _move(batch, [BatchState.RUNNING], BatchState.DONE, finished_at=timezone.now())


@transaction.atomic
def _apply(batch: Batch, loader: Loader, block: Block) -> bool:
    """One block, whole or not at all. False when somebody paused or cancelled, or another process took over."""
    present = Batch.objects.select_for_update().get(pk=batch.pk)
    if present.state != BatchState.RUNNING or present.blocks_done != block.number:
        return False
    loaded = loader.load(block)
    rejects.keep(batch, loaded.block.bad)
    _count(present, loaded, len(block))
    batch.rows_done = present.rows_done
    return True


def _count(present: Batch, loaded: Loaded, rows: int) -> None:
    counts = loaded.counts() + Counter(rows_done=rows, blocks_done=1)
    for field, number in counts.items():
        setattr(present, field, getattr(present, field) + number)
    left_out = Counter(present.samples.get("left_out", {})) + loaded.left_out
    present.samples |= {"left_out": left_out}
    present.leased_until = timezone.now() + LEASE
    present.save(update_fields=[*counts, "samples", "leased_until"])


def _fail(batch: Batch, trouble: Exception) -> None:
    """Note where it stopped. The text of an unexpected error may hold values of people, so only its kind is kept."""
    reached = Batch.objects.values_list("rows_done", flat=True).get(pk=batch.pk)
    known = str(trouble) if isinstance(trouble, Refused) else type(trouble).__name__
    if not isinstance(trouble, Refused):
        log.error("Import %s failed: %s\n%s", batch.pk, known, "".join(traceback.format_tb(trouble.__traceback__)))
    error = _("Stopped after row %(row)s of those in the file: %(why)s") % {"row": reached, "why": known}
    Batch.objects.filter(pk=batch.pk, state=BatchState.RUNNING).update(
        state=BatchState.FAILED, error=error, leased_until=None
    )


def pause(*, batch: Batch) -> Batch:
    """Stop after the block at work; what is in stays in."""
    return _move(batch, [BatchState.RUNNING], BatchState.PAUSED)


@transaction.atomic
def resume(*, batch: Batch) -> Batch:
    """Let a paused or failed import go on where it stopped."""
    _refuse_unready(batch)
    return _move(batch, [BatchState.PAUSED, BatchState.FAILED], BatchState.RUNNING, error="")


def cancel(*, batch: Batch) -> Batch:
    """End an import for good. The rows that are in stay in; the file is deleted."""
    unfinished = [*OPEN, BatchState.RUNNING, BatchState.PAUSED, BatchState.FAILED]
    _move(batch, unfinished, BatchState.CANCELLED, finished_at=timezone.now())
    files.remove(batch.stored_as)
    return batch


def stalled() -> list[Batch]:
    """Imports that should be running and that nobody works on, such as after a crash."""
    free = Q(leased_until=None) | Q(leased_until__lt=timezone.now())
    return list(Batch.objects.filter(free, state=BatchState.RUNNING))


def unfinished(*, source: Source, mapping: Mapping, sha256: str) -> Batch | None:
    """An import of the same file that was begun and not ended."""
    states = [BatchState.RUNNING, BatchState.PAUSED, BatchState.FAILED]
    same = Batch.objects.filter(source=source, mapping=mapping, sha256=sha256, state__in=states)
    return same.order_by("-id").first()


# --- Guards and the lease ---------------------------------------------------------------------------------------


def _refuse_foreign(source: Source, party: int, terms: UUID | None) -> None:
    if not source.enabled:
        raise SourceClosed(source=source.title)
    if (party in OWN) != (terms is None):
        raise TermsMissing


def _refuse_unready(batch: Batch) -> None:
    """Everything that must stop an import before its first row."""
    _refuse_foreign(batch.source, batch.party, batch.terms)
    if batch.mapping is None:
        raise MappingMissing
    mapping.check(batch.mapping.spec, rows=batch.mapping.rows, columns=batch.format["columns"])
    if batch.terms:
        in_force = handlers.of("terms")
        if in_force is None:
            raise TermsMissing
        in_force(batch=batch)
    same = Batch.objects.filter(
        source=batch.source, sha256=batch.sha256, mapping=batch.mapping, state__in=STARTED
    ).exclude(pk=batch.pk)
    if receipt := same.first():
        raise AlreadyLoaded(receipt)


def _refuse_unless(batch: Batch, states: list[str]) -> None:
    if batch.state not in states:
        raise WrongState(state=batch.get_state_display())


def _move(batch: Batch, states: list[str], state: str, **fields) -> Batch:
    """To another state, if it still is in one of `states`. A move frees the lease."""
    fields |= {"state": state, "leased_until": None}
    moved = Batch.objects.filter(pk=batch.pk, state__in=states).update(**fields)
    batch.refresh_from_db()
    if not moved:
        raise WrongState(state=batch.get_state_display())
    return batch


def _claim(batch: Batch, states: list[str]) -> None:
    """Take the lease, which ends by itself when we die. Raises Busy when another process holds it."""
    now = timezone.now()
    free = Q(leased_until=None) | Q(leased_until__lt=now)
    taken = Batch.objects.filter(free, pk=batch.pk, state__in=states).update(leased_until=now + LEASE)
    batch.refresh_from_db()
    if not taken:
        _refuse_unless(batch, states)
        raise Busy(until=f"{batch.leased_until:%H:%M:%S} UTC")


def _extend(batch: Batch, **fields) -> None:
    Batch.objects.filter(pk=batch.pk).update(leased_until=timezone.now() + LEASE, **fields)


# --- Small parts ------------------------------------------------------------------------------------------------


def _encoding(declared: dict | None) -> dict:
    return {"encoding": declared["encoding"]} if declared and declared.get("encoding") else {}


def _loader(load: Load) -> Loader:
    return LOADERS[load.batch.mapping.rows](load)


@contextmanager
def _blocks(batch: Batch) -> Iterator[Iterator[Block]]:
    with closing(files.opened(batch.stored_as)) as stored:
        yield reading.blocks(stored, Format.of(batch.format), size=BLOCK_ROWS)


def _report(progress: Progress | None, rows: int) -> None:
    if progress:
        progress(rows)
