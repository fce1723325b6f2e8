"""Addresses that are never written to. Only their keyed digests are kept; they outlive the erasure of the person."""

from collections.abc import Iterable
from datetime import date
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from cdp.base.database.ids import uuid7
from cdp.base.errors import ReasonNeeded
from consents.errors import NoAddress, NothingToEnd
from consents.models import Channel, Suppression
from consents.state import contact_points


@transaction.atomic
def suppress(
    *,
    addresses: Iterable[tuple[str, str]],
    reason: str,
    by=None,
    channel: str = Channel.NONE,
    note: str = "",
    review_on: date | None = None,
    country: str | None = None,
) -> list[UUID]:
    """Never write to `addresses` (namespace code, raw value) again, on `channel` or (none) on any channel.

    Gives the new entries. What is suppressed already for that reason stays as it is. Raises NoAddress.
    """
    found = _contacts(addresses, country)
    held = _entries(found, channel=channel, reason=reason)
    fresh = {contact: uuid7() for contact in found if contact not in held}
    common = {"channel": channel, "reason": reason, "note": note, "review_on": review_on, "created_by": by}
    Suppression.objects.bulk_create(
        [
            Suppression(
                id=entry if contact in fresh and nth == 0 else uuid7(),
                entry=entry,
                namespace_id=namespace,
                blind=blind,
                **common,
            )
            for contact, entry in (held | fresh).items()
            for nth, (namespace, blind) in enumerate(contact.blinds)
        ],
        ignore_conflicts=True,
    )
    return list(Suppression.objects.filter(id__in=fresh.values()).values_list("entry", flat=True))


def _entries(found: list[contact_points.Contact], *, channel: str, reason: str) -> dict[contact_points.Contact, UUID]:
    """{contact: its entry} of those suppressed already: a namespace that came later joins the entry of the others."""
    blinds = [blind for contact in found for _namespace, blind in contact.blinds]
    rows_of_them = Suppression.objects.filter(lifted_at=None, channel=channel, reason=reason, blind__in=blinds)
    known = {(row.namespace_id, bytes(row.blind)): row.entry for row in rows_of_them}
    return {contact: known[pair] for contact in found for pair in contact.blinds if pair in known}


@transaction.atomic
def lift(*, entry: UUID, reason: str, by) -> None:
    """An officer ends a suppression and says why. Raises ReasonNeeded, NothingToEnd."""
    if not reason.strip():
        raise ReasonNeeded
    standing = Suppression.objects.filter(entry=entry, lifted_at=None)
    if not standing.update(lifted_at=timezone.now(), lifted_reason=f"{reason} ({by})"):
        raise NothingToEnd


def standing(namespace: str, raw: str, *, country: str | None = None) -> list[Suppression]:
    """What suppresses this address now, oldest first: one row an entry. Raises NoAddress."""
    (contact,) = _contacts([(namespace, raw)], country)
    rows_of_it = Suppression.objects.filter(
        lifted_at=None, namespace__in=[n for n, _b in contact.blinds], blind__in=[b for _n, b in contact.blinds]
    )
    return list(rows_of_it.order_by("entry", "id").distinct("entry"))


def _contacts(addresses: Iterable[tuple[str, str]], country: str | None) -> list[contact_points.Contact]:
    known = contact_points.namespaces()
    found = [contact_points.contact(code, raw, known=known, country=country) for code, raw in addresses]
    if None in found:
        raise NoAddress
    return found
