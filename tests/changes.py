"""What the feed of changes tells, for the tests of every app."""

import time
from contextlib import contextmanager

from django.db import transaction

from cdp.base.database.sql import value
from profiles.models import Change

#: A reader waits for every older transaction of the server, and so for those of tests that run beside this one.
UNSETTLED = """
SELECT EXISTS (SELECT FROM pg_stat_activity WHERE datname <> current_database() AND backend_xid IS NOT NULL
               AND backend_xid::text::numeric <= (SELECT max(xid)::text::numeric FROM profiles_change))
"""


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


def settle() -> None:
    """Wait until no transaction of another database is older than the last change."""
    until = time.monotonic() + 240
    while value(UNSETTLED):
        assert time.monotonic() < until, "A transaction that is older than the last change is still open elsewhere."
        time.sleep(0.05)


def followed(service, **asked):
    """The answer of the feed, once tests that run beside this one hold no reader up."""
    settle()
    return service.get("changes", **asked)
