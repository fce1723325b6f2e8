"""The verbs of an import: propose, describe, check, start, run, pause, resume, cancel.

A run applies one block after the other. Each block is one transaction that also moves `blocks_done` and the counts, so
whatever stops a run, it goes on after the last committed block, and the result is that of an uninterrupted run.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import BinaryIO
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from cdp.kit.refused import Refused
from profiles.imports import files, formats, guards, mapping, reading, rejects
from profiles.imports.customers import Customers
from profiles.imports.event_rows import Events
from profiles.imports.files import UPLOADS
from profiles.imports.formats import Format
from profiles.imports.loading import Load, Loaded, Loader
from profiles.imports.names import shown_name
from profiles.imports.rows import Block
from profiles.imports.samples import Samples
from profiles.models import Batch, Mapping, Source
from profiles.models.sources import BatchState, RowKind
from profiles.sealed_files import Kept

#: Rows of a block of people; an event weighs half as much.
BLOCK_ROWS = 20_000
ATTEMPTS = 3
NOTHING = dict.fromkeys(["rows_done", "rows_new", "rows_updated", "rows_unchanged", "rows_rejected"], 0)
OPEN = [BatchState.WAITING, BatchState.CHECKED]
LOADERS = {RowKind.CUSTOMERS: Customers, RowKind.CONSENTS: Customers, RowKind.EVENTS: Events}
Progress = Callable[[int], None]
log = logging.getLogger(__name__)


# --- Before the run ---------------------------------------------------------------------------------------------


def propose(
    *,
    file: BinaryIO | Kept,
    file_name: str,
    source: Source,
    by,
    party: int | None = None,
    terms: UUID | None = None,
    declared: dict | None = None,
) -> Batch:
    """Keep a file, sealed (unless it is kept already), and find out how it is written; what is `declared` stands first.

    Loads nothing. Raises a FileRefused, and keeps nothing, when the file cannot be read to its end.
    """
    party = source.party if party is None else party
    guards.refuse_foreign(source, party, terms)
    kept = file if isinstance(file, Kept) else files.keep(file)
    try:
        with closing(UPLOADS.opened(kept.name)) as stored:
            format = formats.detect(stored, **_encoding(declared)).declared(**(declared or {}))
            survey = reading.survey(stored, format)
    except Exception:
        UPLOADS.remove(kept.name)
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


@transaction.atomic
def describe(*, batch: Batch, mapping: Mapping | None = None, declared: dict | None = None) -> Batch:
    """Say how the file is written (members of Format) and what its columns mean; counts of an earlier check go."""
    batch.refresh_from_db(from_queryset=Batch.objects.select_for_update())  # it might begin to run meanwhile
    guards.refuse_unless(batch, OPEN)
    guards.refuse_busy(batch)
    if declared:
        with closing(UPLOADS.opened(batch.stored_as)) as stored:
            format = Format.of(batch.format).declared(**declared)
            survey = reading.survey(stored, format)
        batch.format |= format.as_dict() | {"columns": survey.columns}
        batch.rows_total = survey.rows
    batch.mapping = mapping or batch.mapping
    batch.state = BatchState.WAITING
    batch.samples, batch.error = {}, ""
    batch.save(update_fields=["format", "rows_total", "mapping", "state", "samples", "error"])
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
    guards.refuse_unready(batch)
    guards.refuse_unless(batch, OPEN)
    guards.claim(batch, OPEN)
    try:
        samples, counts = _checked(batch, progress)
    except Exception as trouble:
        Batch.objects.filter(pk=batch.pk).update(error=_told(trouble, batch), leased_until=None)
        raise
    return guards.move(batch, OPEN, BatchState.CHECKED, samples=samples, error="", **counts)


def _checked(batch: Batch, progress: Progress | None) -> tuple[dict, dict]:
    load = Load.of(batch)
    loader, samples, counts = _loader(load), Samples(load), Counter(NOTHING)
    with _blocks(batch) as blocks:
        for block in blocks:
            reading = loader.read(block)
            with transaction.atomic():
                loaded = loader.write(reading)
                transaction.set_rollback(True)
            loader.forget()
            counts += samples.add(loaded)
            counts["rows_done"] += len(block)
            guards.extend(batch, rows_done=counts["rows_done"])
            _report(progress, counts["rows_done"])
    return samples.as_dict(), NOTHING | counts


@transaction.atomic
def start(*, batch: Batch) -> Batch:
    """Let the run begin; a worker, or the caller, goes on with `run`. Refuses a file that was loaded already."""
    guards.refuse_unready(batch)
    guards.refuse_busy(batch)
    samples = batch.samples | {"left_out": {}}
    return guards.move(
        batch, OPEN, BatchState.RUNNING, started_at=timezone.now(), samples=samples, blocks_done=0, **NOTHING
    )


# --- The run ----------------------------------------------------------------------------------------------------


def run(*, batch: Batch, progress: Progress | None = None) -> Batch:
    """Apply the blocks of a started import that are not applied yet. Returns when done, paused or cancelled.

    Raises Busy when another process works on it. Trouble leaves the import failed, with all blocks before it applied.
    """
    guards.claim(batch, [BatchState.RUNNING])
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
            reading = loader.read(block)
            if block.number < batch.blocks_done:
                guards.extend(batch)
            elif not _apply_patiently(batch, loader, block, reading):
                return
            _report(progress, batch.rows_done)
    guards.move(batch, [BatchState.RUNNING], BatchState.DONE, finished_at=timezone.now())


def _apply_patiently(batch: Batch, loader: Loader, block: Block, reading) -> bool:
    """As `_apply`; tried again where the database broke a circle of writers that waited for each other."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return _apply(batch, loader, block, reading)
        except OperationalError as trouble:
            if not isinstance(trouble.__cause__, DeadlockDetected) or attempt == ATTEMPTS:
                raise
            loader.forget()
    return False


@transaction.atomic
def _apply(batch: Batch, loader: Loader, block: Block, reading) -> bool:
    """One block, whole or not at all. False when somebody paused or cancelled, or another process took over."""
    present = Batch.objects.select_for_update().get(pk=batch.pk)
    if present.state != BatchState.RUNNING or present.blocks_done != block.number:
        return False
    loaded = loader.write(reading)
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
    present.leased_until = timezone.now() + guards.LEASE
    present.save(update_fields=[*counts, "samples", "leased_until"])


def _fail(batch: Batch, trouble: Exception) -> None:
    failed = Batch.objects.filter(pk=batch.pk, state=BatchState.RUNNING)
    failed.update(state=BatchState.FAILED, error=_told(trouble, batch), leased_until=None)


def _told(trouble: Exception, batch: Batch) -> str:
    """Where it stopped, and why. The text of an unexpected error may hold values of people: only its kind is told."""
    if not isinstance(trouble, Refused):
        trace = "".join(traceback.format_tb(trouble.__traceback__))
        log.error("Import %s failed: %s\n%s", batch.pk, type(trouble).__name__, trace)
    why = str(trouble) if isinstance(trouble, Refused) else type(trouble).__name__
    row = Batch.objects.values_list("rows_done", flat=True).get(pk=batch.pk)
    return _("Stopped after row %(row)s of those in the file: %(why)s") % {"row": row, "why": why}


def pause(*, batch: Batch) -> Batch:
    """Stop after the block at work; what is in stays in."""
    return guards.move(batch, [BatchState.RUNNING], BatchState.PAUSED)


@transaction.atomic
def resume(*, batch: Batch) -> Batch:
    """Let a paused or failed import go on where it stopped."""
    guards.refuse_unready(batch)
    return guards.move(batch, [BatchState.PAUSED, BatchState.FAILED], BatchState.RUNNING, error="")


def cancel(*, batch: Batch) -> Batch:
    """End an import for good. The rows that are in stay in; the file is deleted."""
    unfinished = [*OPEN, BatchState.RUNNING, BatchState.PAUSED, BatchState.FAILED]
    guards.move(batch, unfinished, BatchState.CANCELLED, finished_at=timezone.now())
    UPLOADS.remove(batch.stored_as)
    return batch


def stalled() -> list[Batch]:
    """Imports that should be running and that nobody works on, such as after a crash."""
    return list(Batch.objects.filter(guards.unleased(), state=BatchState.RUNNING))


def unfinished(*, source: Source, mapping: Mapping, sha256: str) -> Batch | None:
    """An import of the same file that was begun and not ended."""
    states = [BatchState.RUNNING, BatchState.PAUSED, BatchState.FAILED]
    same = Batch.objects.filter(source=source, mapping=mapping, sha256=sha256, state__in=states)
    return same.order_by("-id").first()


# --- Small parts ------------------------------------------------------------------------------------------------


def _encoding(declared: dict | None) -> dict:
    return {"encoding": declared["encoding"]} if declared and declared.get("encoding") else {}


def _loader(load: Load) -> Loader:
    return LOADERS[load.batch.mapping.rows](load)


@contextmanager
def _blocks(batch: Batch) -> Iterator[Iterator[Block]]:
    with closing(UPLOADS.opened(batch.stored_as)) as stored:
        size = 2 * BLOCK_ROWS if batch.mapping.rows == RowKind.EVENTS else BLOCK_ROWS
        yield reading.blocks(stored, Format.of(batch.format), size=size)


def _report(progress: Progress | None, rows: int) -> None:
    if progress:
        progress(rows)
