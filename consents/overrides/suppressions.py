"""Addresses that are never written to. Only their keyed digests are kept; they outlive the erasure of the person."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.db.models.functions import Now

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import rows
from cdp.base.errors import stated
from consents.errors import NoAddress, NothingToEnd
from consents.models import Channel, Suppression
from consents.state import contact_points
from profiles import changes
from profiles.changes import ChangeKind


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
    entries = list(Suppression.objects.filter(id__in=fresh.values()).values_list("entry", flat=True))
    _tell(entries)
    return entries


def _entries(found: list[contact_points.Contact], *, channel: str, reason: str) -> dict[contact_points.Contact, UUID]:
    """{contact: its entry} of those suppressed already: a namespace that came later joins the entry of the others."""
    pairs = {pair for contact in found for pair in contact.blinds}
    addresses = Suppression.objects.filter(
        namespace__in={namespace for namespace, _blind in pairs}, blind__in={blind for _namespace, blind in pairs}
    )
    rows_of_them = addresses.filter(lifted_at=None, channel=channel, reason=reason)
    known = {(row.namespace_id, row.blind): row.entry for row in rows_of_them}
    return {contact: known[pair] for contact in found for pair in contact.blinds if pair in known}


@transaction.atomic
def lift(*, entry: UUID, reason: str, by) -> None:
    """An officer ends a suppression and says why. Raises ReasonNeeded, NothingToEnd."""
    why = f"{stated(reason)} ({by})"
    standing = Suppression.objects.filter(entry=entry, lifted_at=None)
    if not standing.update(lifted_at=Now(), lifted_reason=why):
        raise NothingToEnd
    _tell([entry])


def _tell(entries: list[UUID]) -> None:
    """That what may be sent to those who have the addresses now has changed."""
    changes.record(kind=ChangeKind.CONSENT_CHANGED, profiles=_who_have(entries), what=["suppression"])


def _who_have(entries: list[UUID]) -> set[UUID]:
    found = rows(
        """SELECT DISTINCT s.profile_id FROM consents_suppression x
        JOIN profiles_identifier i ON i.namespace_id = x.namespace_id AND i.blind = x.blind
        JOIN profiles_sourceidentity s ON s.id = i.identity_id WHERE x.entry = ANY(%s)""",
        [entries],
    )
    return {profile for (profile,) in found}


def standing(namespace: str, raw: str, *, country: str | None = None) -> list[Suppression]:
    """What suppresses this address now, oldest first: one row an entry. Raises NoAddress."""
    rows_of_it = _of_address(namespace, raw, country).filter(lifted_at=None)
    return list(rows_of_it.order_by("entry", "id").distinct("entry"))


class Act(NamedTuple):
    """An entry was added, or lifted; `why` says by whom it was lifted."""

    moment: datetime
    entry: Suppression
    lifted: bool
    why: str


def history(entry: UUID) -> list[Act]:
    """All that was ever added for the address of `entry`, and lifted from it; the latest act first."""
    its = Suppression.objects.filter(entry=entry, namespace=OuterRef("namespace"), blind=OuterRef("blind"))
    return _acts(Suppression.objects.filter(Exists(its)))


def history_of_address(namespace: str, raw: str, *, country: str | None = None) -> list[Act]:
    """The same for an address. Raises NoAddress."""
    return _acts(_of_address(namespace, raw, country))


def _acts(rows_of_it: QuerySet[Suppression]) -> list[Act]:
    entries = Suppression.objects.filter(pk__in=rows_of_it.values("entry")).select_related("namespace", "created_by")
    added = [Act(one.created_at, one, False, one.note) for one in entries]
    lifted = [Act(one.lifted_at, one, True, one.lifted_reason) for one in entries if one.lifted_at]
    return sorted(added + lifted, key=lambda act: (act.moment, act.entry.pk, act.lifted), reverse=True)


def _of_address(namespace: str, raw: str, country: str | None) -> QuerySet[Suppression]:
    (contact,) = _contacts([(namespace, raw)], country)
    return Suppression.objects.filter(
        namespace__in=[n for n, _b in contact.blinds], blind__in=[b for _n, b in contact.blinds]
    )


def _contacts(addresses: Iterable[tuple[str, str]], country: str | None) -> list[contact_points.Contact]:
    known = contact_points.namespaces()
    found = [contact_points.contact(code, raw, known=known, country=country) for code, raw in addresses]
    if None in found:
        raise NoAddress
    return found
