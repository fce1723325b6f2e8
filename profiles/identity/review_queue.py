"""What a fold asks of a steward."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_noop as _

from profiles.identity.partition import Partition
from profiles.models import WorkItem

REVIEW = _("This profile has unusually many source records or identifiers. Check that it is one person.")
FROZEN = _("So many source records want to join this profile that no more are let in. Split it or block an identifier.")
SHARED = _("This identifier is used by more people than its limit allows, so it joins nobody any more.")


def raise_for(result: Partition) -> None:
    """One item for each profile that outgrew a limit; the same question is asked once."""
    _raise("profile_review", REVIEW, {str(one): one for one in result.review - result.frozen})
    _raise("profile_frozen", FROZEN, {str(one): one for one in result.frozen})


def raise_for_shared(blinds: Iterable[UUID]) -> None:
    """One item for each value that became shared."""
    _raise("shared_identifier", SHARED, dict.fromkeys((blind.hex for blind in blinds), None))


def _raise(kind: str, why: str, about: dict[str, UUID | None]) -> None:
    WorkItem.objects.bulk_create(
        [WorkItem(kind=kind, why=why, fingerprint=mark, identity_ref=identity) for mark, identity in about.items()],
        ignore_conflicts=True,
    )
