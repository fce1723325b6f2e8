"""What a person puts above consent: objections (Art. 21), append-only rows: the latest stands, one ends one by a row.

They cover everybody who stands under one profile id when they are recorded, and stay with each of them if they are
taken apart later.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.base.database.sql import value
from cdp.base.errors import once, stated
from consents.errors import NothingToEnd, SaidOtherwise
from consents.models import Objection, ObjectionScope, Purpose
from consents.models.ledger import LONGEST_REASON
from consents.overrides import standing
from consents.overrides.ended_by_consent import end_overrides_after_consent
from consents.state.fold import ALWAYS, EVERYONE
from consents.state.locks import lock_present_profile
from consents.state.time import timely
from profiles import changes
from profiles.changes import ChangeKind
from profiles.models import Source


@transaction.atomic
def object_to(
    *,
    profile: UUID,
    source: str,
    source_event_id: str,
    by=None,
    purpose: Purpose | None = None,
    effective_at: datetime | None = None,
    reason_code: str = "",
) -> Objection:
    """The person objects to one purpose (Art. 21(1)), or to all direct marketing (Art. 21(2)): it holds at once.

    The same id from the same source again is a no-op. Raises UnknownPerson, BadMoment, SaidOtherwise.
    """
    return _record(_objection(profile, purpose, source, source_event_id, effective_at, reason_code, by))


@transaction.atomic
def take_back(
    *,
    profile: UUID,
    source: str,
    source_event_id: str,
    by=None,
    purpose: Purpose | None = None,
    effective_at: datetime | None = None,
    reason_code: str = "",
) -> Objection:
    """The person takes back an objection of that scope. Raises NothingToEnd where none stands."""
    row = _objection(profile, purpose, source, source_event_id, effective_at, reason_code, by)
    row.lifted = True
    return _record(row)


def _objection(profile, purpose, source, source_event_id, effective_at, reason_code, by) -> Objection:
    return Objection(
        identity_ref=profile,
        scope=ObjectionScope.PURPOSE if purpose else ObjectionScope.DIRECT_MARKETING,
        purpose=purpose,
        effective_at=timely(effective_at),
        source=Source.objects.get(code=source),
        source_event_id=source_event_id,
        reason_code=reason_code and stated(reason_code, most=LONGEST_REASON),
        actor_ref=str(by.pk) if by else "",
    )


def _record(row: Objection) -> Objection:
    present = lock_present_profile(row.identity_ref)
    before = Objection.objects.filter(source=row.source, source_event_id=row.source_event_id).first()
    if before:
        return _same(before, row)
    if row.lifted and not objects(present, purpose=row.purpose):
        raise NothingToEnd
    with once(SaidOtherwise()):  # of another person, who is not held
        row.save(force_insert=True)
    what = f"objection:{row.purpose.key}" if row.purpose else "objection"
    changes.record(kind=ChangeKind.CONSENT_CHANGED, profiles=[present], what=[what])
    end_overrides_after_consent({present})
    return row


def _same(before: Objection, row: Objection) -> Objection:
    facts = ("identity_ref", "scope", "purpose_id", "lifted")
    if any(getattr(before, fact) != getattr(row, fact) for fact in facts):
        raise SaidOtherwise
    return before


def objects(profile: UUID, *, purpose: Purpose | None = None) -> bool:
    """Whether an objection of the present person `profile` stands: to `purpose` itself, or to all direct marketing."""
    return _objected(profile, purpose and purpose.pk, marketing=purpose is None)


def denies(profile: UUID, purpose: Purpose) -> bool:
    """Whether an objection of the present person `profile`, of whichever scope, denies `purpose`: as decisions do."""
    return _objected(profile, purpose.pk, marketing=purpose.direct_marketing or purpose.profiling)


def _objected(profile: UUID, purpose: int | None, *, marketing: bool) -> bool:
    sql = standing.OBJECTED.format(**standing.parts(place=EVERYONE, people="= %(profile)s"))
    return value(sql, ALWAYS | {"profile": profile, "purpose": purpose, "marketing": marketing}) is not None
