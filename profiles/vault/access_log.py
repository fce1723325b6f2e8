"""Opening personal values, and the line that each opening leaves: who, when, of whom, which fields, what for."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from profiles.models import AccessEntry
from profiles.vault.items import Item, decrypt


def open_values(items: Sequence[Item], *, by, action: str, purpose: str, request_id: str = "") -> list[str | None]:
    """Open values and write one line in the access log: who, when, of whom, which fields, for what purpose.

    by: a user, a service key, or None for the system. Without items nothing is logged. Raises ValueError without a
    purpose.
    """
    _require_purpose(purpose)
    if not items:
        return []
    values = decrypt(items)
    _log(by=by, action=action, purpose=purpose, request_id=request_id, **_summary(items))
    return values


def log_body(*, by, action: str, purpose: str, identities: Iterable[UUID], fields=(), request_id: str = "") -> None:
    """A line for a body of many people's values (a file) that somebody takes away.

    identities: who is in it; fields: what it holds of them. Raises ValueError without a purpose.
    """
    _require_purpose(purpose)
    people = sorted(set(identities))
    told = {"identities": people, "fields": sorted(fields), "count": len(people)}
    _log(by=by, action=action, purpose=purpose, request_id=request_id, **told)


def log_bodies(*, by, action: str, purpose: str, fields, count: int, request_id: str = "") -> None:
    """A line for bodies that the caller opens one by one, and that name nobody yet: rejected rows, for instance."""
    _require_purpose(purpose)
    _log(by=by, action=action, purpose=purpose, fields=sorted(fields), count=count, request_id=request_id)


def log_refused(items: Sequence[Item], *, by, action: str, purpose: str, request_id: str = "") -> None:
    """Log that somebody tried to open values and was refused."""
    _log(by=by, action=action, purpose=purpose, request_id=request_id, allowed=False, **_summary(items))


def _require_purpose(purpose: str) -> None:
    if not str(purpose).strip():
        raise ValueError("Opening personal values needs a purpose.")


def _summary(items: Sequence[Item]) -> dict:
    """What a line in the log tells of `items`: of whom, which fields, how many values."""
    return {
        "identities": sorted({item.identity for item in items}),
        "fields": sorted({item.field for item in items}),
        "count": sum(item.blob is not None for item in items),
    }


def _log(*, by, purpose: str, **entry) -> None:
    actor, label = getattr(by, "pk", None), str(by) if by else "system"
    AccessEntry.objects.create(actor=actor, actor_label=label, purpose=str(purpose), **entry)
