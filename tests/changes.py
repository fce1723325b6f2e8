"""What the feed of changes tells, for the tests of every app."""

import time
from contextlib import contextmanager

from django.db import transaction

from cdp.base.database.sql import value
from profiles.models import Change

UNSETTLED = "SELECT EXISTS (SELECT FROM profiles_change WHERE xid >= pg_snapshot_xmin(pg_current_snapshot()))"


@contextmanager
def telling():
    """Gathers what is told inside, as (kind, profile, object, what)."""
    forget()
    found: list[tuple] = []
    yield found
    found += told()


def undone(verb) -> list[tuple]:
    """What stays told of `verb` when its transaction is rolled back; it does tell something."""
    forget()
    with transaction.atomic():
        verb()
        assert told()
        transaction.set_rollback(True)
    return told()


def told() -> list[tuple]:
    return list(Change.objects.order_by("seq").values_list("kind", "profile", "object", "what"))


def forget() -> None:
    """A test is one transaction: without what came before, it is as if that had been told in another."""
    Change.objects.all().delete()


def followed(service, **asked):
    """The answer of the feed, once no transaction that is older than its last change is open.

    A reader waits for those of the whole server, and so for tests that run beside this one.
    """
    until = time.monotonic() + 240
    while value(UNSETTLED) and time.monotonic() < until:
        time.sleep(0.05)
    return service.get("changes", **asked)
