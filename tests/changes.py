"""What the feed of changes tells, for the tests of every app."""

from contextlib import contextmanager

from django.db import transaction

from profiles.models import Change


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
