"""What becomes of the feed in time: old changes go, and a restored database begins a new epoch of it."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from cdp.base.database.sql import execute, value

BLOCK = 50_000
#: Longer than any transaction runs: what it wrote is as old as its beginning, and was seen at its end.
MARGIN = timedelta(days=1)
OLD = f"""
    DELETE FROM profiles_change WHERE ctid = ANY (ARRAY(
        SELECT ctid FROM profiles_change WHERE recorded_at < %s LIMIT {BLOCK}))
"""


def purge() -> int:
    """Remove what no cursor that is still good can ask for; give how many."""
    before = timezone.now() - timedelta(days=settings.CHANGES_KEPT_DAYS) - MARGIN
    removed = 0
    while block := execute(OLD, [before]):
        removed += block
    return removed


def begin_epoch() -> int:
    """After a restore from a dump: all that is in the feed comes before whatever is written from now on."""
    return value("SELECT setval('profiles_change_epoch', last_value + 1) FROM profiles_change_epoch")


def begin_epoch_if_restored() -> bool:
    """Begin an epoch where the feed knows transactions that this cluster has not had; true when it did."""
    if value("SELECT to_regclass('profiles_change')") is None:
        return False
    restored = value("""
        SELECT xid >= pg_snapshot_xmax(pg_current_snapshot()) AND epoch = (SELECT last_value FROM profiles_change_epoch)
        FROM profiles_change ORDER BY epoch DESC, xid DESC, seq DESC LIMIT 1
    """)
    return bool(restored and begin_epoch())
