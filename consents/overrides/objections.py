"""What a person, or the law, puts above consent: objections (Art. 21) and restrictions (Art. 18).

Both are append-only rows about a person: the latest stands, and ending one is a row of its own. They cover everybody
who stands under one profile id when they are recorded, and stay with each of them if they are taken apart later.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.base.database import clock
from cdp.base.database.sql import value
from cdp.base.errors import ReasonNeeded
from consents.errors import BadMoment, NothingToEnd, SaidOtherwise, UnknownPerson
from consents.models import Objection, ObjectionScope, Purpose, Restriction
from consents.overrides.ended_by_consent import end_overrides_after_consent
from consents.permission import queries
from consents.recording import locks
from consents.recording.validation import is_timely
from consents.state.fold import ALWAYS, EVERYONE
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
        effective_at=_dated(effective_at),
        source=Source.objects.get(code=source),
        source_event_id=source_event_id,
        reason_code=reason_code,
        actor_ref=str(by.pk) if by else "",
    )


def _record(row: Objection) -> Objection:
    present = _hold(row.identity_ref)
    before = Objection.objects.filter(source=row.source, source_event_id=row.source_event_id).first()
    if before:
        return _same(before, row)
    if row.lifted and not objects(present, purpose=row.purpose):
        raise NothingToEnd
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
    sql = queries.OBJECTED.format(**queries.parts(place=EVERYONE, people="= %(profile)s"))
    return value(sql, ALWAYS | {"profile": profile, "purpose": purpose, "marketing": marketing}) is not None


@transaction.atomic
def restrict(*, profile: UUID, reason_code: str, by=None, effective_at: datetime | None = None) -> Restriction:
    """Processing of this person's data is restricted: it is kept, and used for nothing else."""
    return _restriction(False, profile, reason_code, by, effective_at)


@transaction.atomic
def release(*, profile: UUID, reason_code: str, by=None, effective_at: datetime | None = None) -> Restriction:
    """The restriction ends. Raises NothingToEnd where none stands."""
    return _restriction(True, profile, reason_code, by, effective_at)


def _restriction(lifted, profile, reason_code, by, effective_at) -> Restriction:
    if not reason_code.strip():
        raise ReasonNeeded
    moment = _dated(effective_at)
    present = _hold(profile)
    if lifted and not is_restricted(present):
        raise NothingToEnd
    changes.record(kind=ChangeKind.CONSENT_CHANGED, profiles=[present], what=["restriction"])
    return Restriction.objects.create(
        identity_ref=profile,
        lifted=lifted,
        reason_code=reason_code,
        effective_at=moment,
        actor_ref=str(by.pk) if by else "",
    )


def is_restricted(profile: UUID) -> bool:
    """Whether processing of the present person `profile` is restricted now."""
    sql = queries.RESTRICTED.format(**queries.parts(place=EVERYONE, people="= %(profile)s"))
    return value(sql, ALWAYS | {"profile": profile}) is not None


def _hold(profile: UUID) -> UUID:
    """The present profile, locked. Raises UnknownPerson."""
    present = locks.hold([profile])
    if profile not in present:
        raise UnknownPerson
    return present[profile]


def _dated(moment: datetime | None) -> datetime:
    moment = moment or clock.now()
    if moment.utcoffset() is None or not is_timely(moment):
        raise BadMoment
    return moment
