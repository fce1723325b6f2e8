"""Addresses that a whole office reads, such as info@: they are for contact and search, and join nobody."""

from collections.abc import Iterable
from uuid import UUID

from django.utils.translation import gettext_noop as _
from simple_history.utils import bulk_create_with_history

from cdp.base.database.sql import rows
from profiles.models import SharedIdentifier
from profiles.models.reference import Normaliser, Verdict
from profiles.records.parsing import IdentifierClaim
from profiles.values.normal_form import is_role_address

REASON = _("An address that a whole office reads.")


def block_role_addresses(claims: Iterable[IdentifierClaim]) -> None:
    """Block those of `claims` that are role addresses and not yet judged, so that they never join anybody.

    Whoever brings an address holds it (`locks.hold_values`), so two sources do not bring the same new one at once.
    """
    offices = {
        (claim.namespace.id, claim.blind)
        for claim in claims
        if claim.namespace.normaliser == Normaliser.EMAIL and is_role_address(claim.form)
    }
    if offices:
        new = [
            SharedIdentifier(namespace_id=namespace, blind=blind, verdict=Verdict.BLOCKED, reason=REASON)
            for namespace, blind in sorted(offices - _judged(offices))
        ]
        bulk_create_with_history(new, SharedIdentifier, default_change_reason=REASON)


def _judged(values: set[tuple[int, UUID]]) -> set[tuple[int, UUID]]:
    found = rows(
        "SELECT namespace_id, blind FROM profiles_sharedidentifier WHERE blind = ANY(%s)",
        [[blind for _namespace, blind in values]],
    )
    return set(found)
