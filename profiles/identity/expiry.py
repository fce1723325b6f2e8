"""What time alone changes: a decision or a verdict expires, a stated value is no longer fresh, a licence ends."""

from collections.abc import Iterator
from contextlib import suppress
from uuid import UUID

from django.db.models.functions import Now

from cdp.base.database.sql import rows
from profiles.identity import steward_decisions
from profiles.identity.resolution import resolve
from profiles.models import SharedIdentifier, StewardDecision
from profiles.models.reference import Verdict
from profiles.values import golden

BLOCK = 5_000
EXPIRED = "expired"  # the reason, in the decision that withdraws and in the history of the verdict


def fold_expired() -> int:
    """Fold everybody for whom something has lapsed; give how many decisions, verdicts and profiles that was. Nightly.

    What has expired is withdrawn, so that it is folded once. Which golden values no longer stand is asked of everybody:
    freshness, licences and trust bear on the winner and on those that it beat.
    """
    return _withdraw_expired() + _end_exceptions() + sum(map(_fold_stale, _profiles()))


def _withdraw_expired() -> int:
    expired = list(StewardDecision.objects.filter(expires_at__lte=Now(), withdrawn_by=None).order_by("pk"))
    for decision in expired:
        with suppress(steward_decisions.AlreadyWithdrawn):  # by a steward, meanwhile
            steward_decisions.withdraw(decision=decision, reason=EXPIRED, by=None)
    return len(expired)


def _end_exceptions() -> int:
    """A value that was one person's for a time is shared again."""
    ended = list(SharedIdentifier.objects.filter(verdict=Verdict.PRIVATE, expires_at__lte=Now()).order_by("pk"))
    for shared in ended:
        steward_decisions.judge(shared=shared, verdict=Verdict.SHARED, reason=EXPIRED, by=None)
    return len(ended)


def _fold_stale(profiles: list[UUID]) -> int:
    stale = golden.stale(profiles=profiles)
    resolve(identities=stale)
    return len(stale)


def _profiles() -> Iterator[list[UUID]]:
    """Everybody, block by block."""
    query = "SELECT id FROM profiles_profile WHERE %(last)s::uuid IS NULL OR id > %(last)s ORDER BY id LIMIT %(block)s"
    last = None
    while block := [profile for (profile,) in rows(query, {"last": last, "block": BLOCK})]:
        last = block[-1]
        yield block
