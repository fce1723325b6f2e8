"""What stewards are asked: an item for each question, and the same question once."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from django.utils.translation import gettext_noop as _

from profiles.identity.partition import Partition
from profiles.models import WorkItem

REVIEW = _("This profile has unusually many source records or identifiers. Check that it is one person.")
FROZEN = _("So many source records want to join this profile that no more are let in. Split it or block an identifier.")
SHARED = _("This identifier is used by more people than its limit allows, so it joins nobody any more.")


def ask(kind: str, why: str, about: Mapping[str, UUID | None]) -> None:
    """Ask a steward. about: what tells each question from the others of its kind, and the person whom it is about."""
    WorkItem.objects.bulk_create(
        [WorkItem(kind=kind, why=why, fingerprint=mark, identity_ref=identity) for mark, identity in about.items()],
        ignore_conflicts=True,
    )


def ask_about_profiles(result: Partition) -> None:
    """One question for each profile that outgrew a limit."""
    ask("profile_review", REVIEW, {str(one): one for one in result.review - result.frozen})
    ask("profile_frozen", FROZEN, {str(one): one for one in result.frozen})


def ask_about_shared(blinds: Iterable[UUID]) -> None:
    """One question for each value that became shared."""
    ask("shared_identifier", SHARED, dict.fromkeys((blind.hex for blind in blinds), None))
