"""What was allowed at a moment, as far as it was known at another, or at a position of the ledger."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from cdp.base.database.sql import dicts, rows
from consents.state import time
from consents.state.fold import ALWAYS, FOLDED, IN_EFFECT, KIN, state_at

#: Who was meant by which profile then. A person's first id reaches back to all times.
_MEANT = """
    SELECT a.identity_id AS identity, a.profile FROM profiles_identity_history a
    WHERE {whom} AND coalesce(%(seen)s < a.valid_to, TRUE) AND (a.valid_from <= %(seen)s OR NOT EXISTS (
        SELECT FROM profiles_identity_history e
        WHERE e.identity_id = a.identity_id AND e.valid_from < a.valid_from))"""

THEN = _MEANT.format(whom="a.profile = ANY(%(profiles)s)")
#: Records as they stood then, in the shape of the record's table.
RECORDS_THEN = FOLDED.format(place=THEN, kin=KIN) + "SELECT * FROM folded"


def profiles_then(identities: Iterable[UUID], moment: datetime) -> dict[UUID, UUID]:
    """Which profile each id meant at `moment`: the earlier of the two clocks, since joining has one only."""
    sql = _MEANT.format(whom="a.identity_id = ANY(%(identities)s)")
    return dict(rows(sql, {"seen": moment, "identities": list(identities)}))


def records(
    profiles: Iterable[UUID],
    *,
    as_of: datetime,
    known_at: datetime | None = None,
    position: int | None = None,
    without: int | None = None,
) -> list[dict]:
    """The standing answer of each choice key of `profiles` at `as_of`, known at `known_at` or `position` (None: today).

    Keys are the columns of the record; `state_then` is the state as of then, so an answer that had run out is expired.
    without: as if this entry of the ledger had never been.
    """
    asked = ALWAYS | time.parameters(as_of=as_of, known_at=known_at)
    asked |= {"profiles": list(profiles), "without": without} | ({} if position is None else {"position": position})
    return dicts(_STATES if without is None else _STATES_WITHOUT, asked)


_STATES = f"""
SELECT r.*, {state_at("r", "%(until)s")} AS state_then
FROM ({RECORDS_THEN}) r ORDER BY purpose_id, channel, controller_id, contact_ref NULLS FIRST
"""
_STATES_WITHOUT = _STATES.replace(IN_EFFECT, f"{IN_EFFECT} AND l.history_id <> %(without)s")
