"""The verbs of an import: propose, describe, check, start, run, pause, resume, cancel.

A run applies one block after the other. Each block is one transaction that also moves `blocks_done` and the counts, so
whatever stops a run, it goes on after the last committed block, and the result is that of an uninterrupted run.
"""

import logging
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from typing import BinaryIO
from uuid import UUID

from django.db import OperationalError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from psycopg.errors import DeadlockDetected

from cdp.base.errors import Refused, WrongState
from profiles.imports.files import formats, reading, storage
from profiles.imports.files.formats import Format
from profiles.imports.files.names import shown_name
from profiles.imports.files.rows import Block
from profiles.imports.files.storage import UPLOADS
from profiles.imports.mapping import specification
from profiles.imports.run import guards, rejects
from profiles.imports.run.customers import Customers
from profiles.imports.run.events import Events
from profiles.imports.run.loading import Load, Loaded, Loader
from profiles.imports.run.samples import Samples
from profiles.models import FileImport, Mapping, Source
from profiles.models.sources import ImportState, RowKind
from profiles.vault.sealed_files import Kept

#: Rows of a block of people; an event weighs half as much. Whoever follows changes waits for the block at work to end.
BLOCK_ROWS = 2_500
ATTEMPTS = 3
NOTHING = dict.fromkeys(["rows_done", "rows_new", "rows_updated", "rows_unchanged", "rows_rejected"], 0)
OPEN = [ImportState.WAITING, ImportState.CHECKED]
UNFINISHED = [*OPEN, ImportState.RUNNING, ImportState.PAUSED, ImportState.FAILED]
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
    agreement_version: UUID | None = None,
    declared: dict | None = None,
) -> FileImport:
    """Keep a file, sealed (unless it is kept already), and find out how it is written; what is `declared` stands first.

    Loads nothing. Raises a FileRefused, and keeps nothing, when the file cannot be read to its end.
    """
    party = source.party if party is None else party
    guards.refuse_foreign(source, party, agreement_version)
    kept = file if isinstance(file, Kept) else storage.keep(file)
    try:
        with closing(UPLOADS.opened(kept.name)) as stored:
            format = formats.detect(stored, **_encoding(declared)).declared(**(declared or {}))
            survey = reading.survey(stored, format)
    except Exception:
        UPLOADS.remove(kept.name)
        raise
    return _proposed(
        source=source,
        party=party,
        agreement_version=agreement_version,
        file_name=shown_name(file_name),
        stored_as=kept.name,
        sha256=kept.sha256,
        format=format.as_dict() | {"columns": survey.columns, "size": kept.size},
        rows_total=survey.rows,
        created_by=by,
    )


@transaction.atomic
def _proposed(**fields) -> FileImport:
    return guards.tell_state(FileImport.objects.create(**fields))


@transaction.atomic
def describe(*, file_import: FileImport, mapping: Mapping | None = None, declared: dict | None = None) -> FileImport:
    """Say how the file is written (members of Format) and what its columns mean; counts of an earlier check go."""
    file_import.refresh_from_db(from_queryset=FileImport.objects.select_for_update())  # it might begin to run meanwhile
    guards.refuse_unless(file_import, OPEN)
    guards.refuse_busy(file_import)
    if declared:
        with closing(UPLOADS.opened(file_import.stored_as)) as stored:
            format = Format.of(file_import.format).declared(**declared)
            survey = reading.survey(stored, format)
        file_import.format |= format.as_dict() | {"columns": survey.columns}
        file_import.rows_total = survey.rows
    file_import.mapping = mapping or file_import.mapping
    was, file_import.state = file_import.state, ImportState.WAITING
    file_import.samples, file_import.error = {}, ""
    file_import.save(update_fields=["format", "rows_total", "mapping", "state", "samples", "error"])
    return guards.tell_state(file_import) if was != file_import.state else file_import


@transaction.atomic
def remember_mapping(*, source: Source, name: str, rows: str, spec: dict, reason: str = "") -> Mapping:
    """The mapping of that name of a source, made or changed; what it said before stays in its history."""
    specification.check(spec, rows=rows)
    Source.objects.select_for_update(no_key=True).get(pk=source.pk)  # somebody may remember one of this name now
    found = Mapping.objects.filter(source=source, name=name).first() or Mapping(source=source, name=name)
    if (found.rows, found.spec) != (rows, spec):
        found.rows, found.spec, found._change_reason = rows, spec, reason
        found.save()
    return found


def check(*, file_import: FileImport, progress: Progress | None = None) -> FileImport:
    """Dry run: the same code as the run, rolled back after each block; leaves counts and masked samples."""
    guards.refuse_unready(file_import)
    guards.refuse_unless(file_import, OPEN)
    guards.take_lease(file_import, OPEN)
    try:
        samples, counts = _checked(file_import, progress)
    except Exception as trouble:
        guards.give_up_lease(file_import, OPEN, error=_told(trouble, file_import))
        raise
    return guards.move(file_import, OPEN, ImportState.CHECKED, samples=samples, error="", **counts)


def _checked(file_import: FileImport, progress: Progress | None) -> tuple[dict, dict]:
    load = Load.of(file_import)
    loader, samples, counts = _loader(load), Samples(load), Counter(NOTHING)
    with _blocks(file_import) as blocks:
        for block in blocks:
            reading = loader.read(block)
            with transaction.atomic():
                loaded = loader.write(reading)
                transaction.set_rollback(True)
            loader.forget()
            counts += samples.add(loaded)
            counts["rows_done"] += len(block)
            if not guards.extend_lease(file_import, OPEN, rows_done=counts["rows_done"]):
                break  # somebody cancelled it
            _report(progress, counts["rows_done"])
    return samples.as_dict(), NOTHING | counts


@transaction.atomic
def start(*, file_import: FileImport) -> FileImport:
    """Let the run begin; a worker, or the caller, goes on with `run`. Refuses a file that was loaded already."""
    guards.refuse_unready(file_import)
    guards.refuse_busy(file_import)
    samples = file_import.samples | {"left_out": {}}
    return guards.begin(file_import, OPEN, started_at=timezone.now(), samples=samples, blocks_done=0, **NOTHING)


# --- The run ----------------------------------------------------------------------------------------------------


def run(*, file_import: FileImport, progress: Progress | None = None) -> FileImport:
    """Apply the blocks of a started import that are not applied yet. Returns when done, paused or cancelled.

    Raises Busy when another process works on it. Trouble leaves the import failed, with all blocks before it applied.
    """
    guards.take_lease(file_import, [ImportState.RUNNING])
    try:
        _apply_all(file_import, progress)
    except Exception as trouble:
        _fail(file_import, trouble)
        raise
    file_import.refresh_from_db()
    return file_import


def _apply_all(file_import: FileImport, progress: Progress | None) -> None:
    loader = _loader(Load.of(file_import))
    with _blocks(file_import) as blocks:
        for block in blocks:
            reading = loader.read(block)
            if block.number < file_import.blocks_done:
                going_on = guards.extend_lease(file_import, [ImportState.RUNNING])
            else:
                going_on = _apply_patiently(file_import, loader, block, reading)
            if not going_on:
                return
            _report(progress, file_import.rows_done)
    with suppress(WrongState):  # paused or cancelled after its last block
        guards.move(file_import, [ImportState.RUNNING], ImportState.DONE, finished_at=timezone.now())


def _apply_patiently(file_import: FileImport, loader: Loader, block: Block, reading, attempts: int = ATTEMPTS) -> bool:
    """As `_apply`; tried again where the database broke a circle of writers that waited for each other."""
    loader.prepare(reading)
    while True:
        try:
            return _apply(file_import, loader, block, reading)
        except OperationalError as trouble:
            attempts -= 1
            if not isinstance(trouble.__cause__, DeadlockDetected) or not attempts:
                raise
            loader.forget()


@transaction.atomic
def _apply(file_import: FileImport, loader: Loader, block: Block, reading) -> bool:
    """One block, whole or not at all. False when somebody paused or cancelled, or another process took over."""
    present = FileImport.objects.select_for_update().get(pk=file_import.pk)
    if present.state != ImportState.RUNNING or present.blocks_done != block.number:
        return False
    loaded = loader.write(reading)
    rejects.keep(file_import, loaded.block.bad)
    _count(present, loaded, len(block))
    file_import.rows_done = present.rows_done
    return True


def _count(present: FileImport, loaded: Loaded, rows: int) -> None:
    counts = loaded.counts() + Counter(rows_done=rows, blocks_done=1)
    for field, number in counts.items():
        setattr(present, field, getattr(present, field) + number)
    left_out = Counter(present.samples.get("left_out", {})) + loaded.left_out
    present.samples |= {"left_out": left_out}
    present.leased_until = timezone.now() + guards.LEASE
    present.save(update_fields=[*counts, "samples", "leased_until"])


def _fail(file_import: FileImport, trouble: Exception) -> None:
    with suppress(WrongState):
        guards.move(file_import, [ImportState.RUNNING], ImportState.FAILED, error=_told(trouble, file_import))


def _told(trouble: Exception, file_import: FileImport) -> str:
    """Where it stopped, and why. The text of an unexpected error may hold values of people: only its kind is told."""
    if not isinstance(trouble, Refused):
        trace = "".join(traceback.format_tb(trouble.__traceback__))
        log.error("Import %s failed: %s\n%s", file_import.pk, type(trouble).__name__, trace)
    why = str(trouble) if isinstance(trouble, Refused) else type(trouble).__name__
    row = FileImport.objects.values_list("rows_done", flat=True).get(pk=file_import.pk)
    return _("Stopped after row %(row)s of those in the file: %(why)s") % {"row": row, "why": why}


def pause(*, file_import: FileImport) -> FileImport:
    """Stop after the block at work; what is in stays in."""
    return guards.move(file_import, [ImportState.RUNNING], ImportState.PAUSED)


@transaction.atomic
def resume(*, file_import: FileImport) -> FileImport:
    """Let a paused or failed import go on where it stopped."""
    guards.refuse_unready(file_import)
    return guards.begin(file_import, [ImportState.PAUSED, ImportState.FAILED], error="")


def cancel(*, file_import: FileImport) -> FileImport:
    """End an import for good. The rows that are in stay in; the file is deleted."""
    guards.move(file_import, UNFINISHED, ImportState.CANCELLED, finished_at=timezone.now())
    UPLOADS.remove(file_import.stored_as)
    return file_import


def stalled() -> list[FileImport]:
    """Imports that should be running and that nobody works on, such as after a crash."""
    return list(FileImport.objects.filter(guards.unleased(), state=ImportState.RUNNING))


def unfinished(*, source: Source, mapping: Mapping, sha256: str) -> FileImport | None:
    """An import of the same file that was begun and not ended."""
    states = [ImportState.RUNNING, ImportState.PAUSED, ImportState.FAILED]
    same = FileImport.objects.filter(source=source, mapping=mapping, sha256=sha256, state__in=states)
    return same.order_by("-id").first()


# --- Small parts ------------------------------------------------------------------------------------------------


def _encoding(declared: dict | None) -> dict:
    return {"encoding": declared["encoding"]} if declared and declared.get("encoding") else {}


def _loader(load: Load) -> Loader:
    return LOADERS[load.file_import.mapping.rows](load)


@contextmanager
def _blocks(file_import: FileImport) -> Iterator[Iterator[Block]]:
    with closing(UPLOADS.opened(file_import.stored_as)) as stored:
        size = 2 * BLOCK_ROWS if file_import.mapping.rows == RowKind.EVENTS else BLOCK_ROWS
        yield reading.blocks(stored, Format.of(file_import.format), size=size)


def _report(progress: Progress | None, rows: int) -> None:
    if progress:
        progress(rows)
