"""What stands before the verbs of an import: what must not begin, the moves between states, and the lease.

The lease says that a process is at work. It is renewed with each block and ends by itself when the process dies; the
number of blocks done, read under a lock, keeps a process that only seemed dead from applying a block twice.
"""

from datetime import timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from cdp.base.errors import WrongState
from profiles import changes
from profiles.changes import ChangeKind
from profiles.imports.errors import AlreadyLoaded, Busy, MappingMissing, SourceClosed
from profiles.imports.mapping.specification import check
from profiles.imports.run import handlers
from profiles.models import FileImport, Mapping, Source
from profiles.models.sources import ImportState
from profiles.records.licence import TermsMissing, refuse_unlicensed

LEASE = timedelta(seconds=60)
STARTED = [ImportState.RUNNING, ImportState.PAUSED, ImportState.DONE]


def refuse_foreign(source: Source, party: int, agreement_version: UUID | None) -> None:
    if not source.enabled:
        raise SourceClosed(source=source.title)
    refuse_unlicensed(party, agreement_version)


def refuse_unready(file_import: FileImport) -> None:
    """Everything that must stop an import before its first row."""
    refuse_foreign(file_import.source, file_import.party, file_import.agreement_version)
    if file_import.mapping is None:
        raise MappingMissing
    check(file_import.mapping.spec, rows=file_import.mapping.rows, columns=file_import.format["columns"])
    if file_import.agreement_version:
        in_force = handlers.TERMS.only
        if in_force is None:
            raise TermsMissing
        in_force(file_import=file_import)
    refuse_loaded(source=file_import.source, mapping=file_import.mapping, sha256=file_import.sha256, but=file_import)


def refuse_loaded(*, source: Source, mapping: Mapping, sha256: str, but: FileImport | None = None) -> None:
    """The same file by the same mapping counts once."""
    same = FileImport.objects.filter(source=source, mapping=mapping, sha256=sha256, state__in=STARTED)
    if receipt := same.exclude(pk=but and but.pk).first():
        raise AlreadyLoaded(receipt)


def refuse_unless(file_import: FileImport, states: list[str]) -> None:
    if file_import.state not in states:
        raise WrongState(state=file_import.get_state_display())


def unleased() -> Q:
    """The imports whose lease no process holds, as a condition on FileImport."""
    return Q(leased_until=None) | Q(leased_until__lte=timezone.now())


def is_busy(file_import: FileImport) -> bool:
    """Whether some process holds the lease."""
    return file_import.leased_until is not None and file_import.leased_until > timezone.now()


def refuse_busy(file_import: FileImport) -> None:
    if is_busy(file_import):
        raise Busy(until=f"{file_import.leased_until:%H:%M:%S} UTC")


@transaction.atomic
def move(file_import: FileImport, states: list[str], state: str, **fields) -> FileImport:
    """To another state, if it still is in one of `states`. A move frees the lease."""
    fields |= {"state": state, "leased_until": None}
    moved = FileImport.objects.filter(pk=file_import.pk, state__in=states).update(**fields)
    file_import.refresh_from_db()
    if not moved:
        raise WrongState(state=file_import.get_state_display())
    return tell_state(file_import)


def begin(file_import: FileImport, states: list[str], **fields) -> FileImport:
    """To running. Raises AlreadyLoaded also where another import of the same file begins at this moment."""
    try:
        return move(file_import, states, ImportState.RUNNING, **fields)
    except IntegrityError:
        refuse_loaded(
            source=file_import.source, mapping=file_import.mapping, sha256=file_import.sha256, but=file_import
        )
        raise


def tell_state(file_import: FileImport) -> FileImport:
    """In the feed of changes, that the import is now in its state."""
    changes.record(kind=ChangeKind.IMPORT_MOVED, object=file_import.pk, what=[file_import.state])
    return file_import


def take_lease(file_import: FileImport, states: list[str]) -> None:
    """Take the lease, which ends by itself when we die. Raises Busy when another process holds it."""
    now = timezone.now()
    taken = FileImport.objects.filter(unleased(), pk=file_import.pk, state__in=states).update(leased_until=now + LEASE)
    file_import.refresh_from_db()
    if not taken:
        refuse_unless(file_import, states)
        raise Busy(until=f"{file_import.leased_until or now:%H:%M:%S} UTC")


def extend_lease(file_import: FileImport, states: list[str], **fields) -> bool:
    """Hold it on, and write `fields`. False when somebody has moved the import out of `states`: then stop."""
    held = FileImport.objects.filter(pk=file_import.pk, state__in=states)
    return bool(held.update(leased_until=timezone.now() + LEASE, **fields))


def give_up_lease(file_import: FileImport, states: list[str], *, error: str) -> None:
    """Free it and say why, where the import still is in one of `states`."""
    FileImport.objects.filter(pk=file_import.pk, state__in=states).update(leased_until=None, error=error)
