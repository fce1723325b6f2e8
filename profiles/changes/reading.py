"""Read the feed, page by page, without ever passing a change that is not committed yet.

Numbers are given out in one order and committed in another. So a reader takes only changes of transactions that began
to write before every one that still runs: what is behind that line is complete, and nothing comes there any more.
"""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cdp.base.database.sql import rows
from cdp.base.errors import Refused
from profiles.models.changes import ChangeKind

#: A page looks at so many changes at most, however few of them are wanted.
LOOKED_AT = 100_000
FROM_HERE = """
    FROM profiles_change
    WHERE (epoch, xid, seq) > (%(epoch)s, %(xid)s::text::xid8, %(seq)s)
    AND (epoch, xid) < (%(present)s, %(line)s::text::xid8)
    ORDER BY epoch, xid, seq
"""
WANTED = f"""
    SELECT epoch, xid, seq, recorded_at, kind, profile, object, what
    FROM (SELECT * {FROM_HERE} LIMIT {LOOKED_AT}) c
    WHERE kind = ANY(%(kinds)s) AND is_test = %(is_test)s ORDER BY epoch, xid, seq LIMIT %(limit)s
"""
LAST_LOOKED_AT = f"SELECT epoch, xid, seq, recorded_at {FROM_HERE} OFFSET {LOOKED_AT - 1} LIMIT 1"
LINE = "SELECT last_value, pg_snapshot_xmin(pg_current_snapshot()) FROM profiles_change_epoch"


class Expired(Refused):
    """Changes after this position may be gone."""

    code = "cursor_expired"
    status = 410
    sentence = _(
        "Changes after this cursor are no longer kept, or the database was restored since. "
        "Start again with a full walk, from a new cursor (after=latest)."
    )


class Position(NamedTuple):
    """How far a reader has come: all changes up to (epoch, xid, seq), and so all that had happened by `moment`."""

    epoch: int
    xid: int
    seq: int
    moment: datetime


class FeedChange(NamedTuple):
    """One change as read, with the position after it."""

    position: Position
    kind: ChangeKind
    profile: UUID | None
    object: UUID | None
    what: list[str]

    @property
    def recorded_at(self) -> datetime:
        return self.position.moment


class Page(NamedTuple):
    """Changes in their order, the position to go on from, and whether there are more already."""

    changes: list[FeedChange]
    position: Position
    has_more: bool


def oldest() -> Position:
    """Before everything that is kept."""
    return Position(0, 0, 0, timezone.now())


def present() -> Position:
    """Before everything that is still to come."""
    moment = timezone.now()
    ((epoch, line),) = rows(LINE)
    return Position(epoch, int(line), 0, moment)


def read(
    *, after: Position, limit: int = 1000, kinds: Iterable[ChangeKind] = tuple(ChangeKind), is_test: bool = False
) -> Page:
    """The next changes of `kinds`. Raises Expired for a position older than what is kept.

    Keep `position` of the page, in the transaction in which its changes take effect; each is then seen once.
    """
    if after.moment < timezone.now() - timedelta(days=settings.CHANGES_KEPT_DAYS):
        raise Expired
    line = present()
    asked = {"kinds": [str(kind) for kind in kinds], "is_test": is_test, "limit": limit + 1}
    asked |= after._asdict() | {"present": line.epoch, "line": line.xid}
    found = [_change(*row) for row in rows(WANTED, asked)]
    if len(found) > limit:
        return Page(found[:limit], found[limit - 1].position, has_more=True)
    cut = rows(LAST_LOOKED_AT, asked)
    return Page(found, _position(*cut[0]) if cut else max(line, after), has_more=bool(cut))


def _change(epoch, xid, seq, recorded_at, kind, profile, object, what) -> FeedChange:
    return FeedChange(_position(epoch, xid, seq, recorded_at), ChangeKind(kind), profile, object, what)


def _position(epoch, xid, seq, recorded_at) -> Position:
    return Position(epoch, int(xid), seq, recorded_at.astimezone(UTC))
