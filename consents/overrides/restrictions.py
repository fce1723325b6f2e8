"""Restrictions of processing (Art. 18): what is known of a person is kept, and used for nothing else.

Append-only rows: the latest stands, and ending one is a row of its own. They cover people as objections do.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from cdp.base.database.sql import value
from cdp.base.errors import stated
from consents.errors import NothingToEnd
from consents.models import Restriction
from consents.models.ledger import LONGEST_REASON
from consents.overrides import standing
from consents.state.fold import ALWAYS, EVERYONE
from consents.state.locks import lock_present_profile
from consents.state.time import timely
from profiles import changes
from profiles.changes import ChangeKind


@transaction.atomic
def restrict(*, profile: UUID, reason_code: str, by=None, effective_at: datetime | None = None) -> Restriction:
    """Processing of this person's data is restricted: it is kept, and used for nothing else."""
    return _restriction(False, profile, reason_code, by, effective_at)


@transaction.atomic
def release(*, profile: UUID, reason_code: str, by=None, effective_at: datetime | None = None) -> Restriction:
    """The restriction ends. Raises NothingToEnd where none stands."""
    return _restriction(True, profile, reason_code, by, effective_at)


def _restriction(lifted, profile, reason_code, by, effective_at) -> Restriction:
    reason_code, moment = stated(reason_code, most=LONGEST_REASON), timely(effective_at)
    present = lock_present_profile(profile)
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
    sql = standing.RESTRICTED.format(**standing.parts(place=EVERYONE, people="= %(profile)s"))
    return value(sql, ALWAYS | {"profile": profile}) is not None
