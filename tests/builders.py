"""Builders of what every part needs: plain functions with honest defaults. A test states what matters, nothing else."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute
from cdp.models import User
from profiles.models import Namespace, Source


def now() -> datetime:
    return datetime.now(UTC)


def days_ago(days: float) -> datetime:
    return now() - timedelta(days=days)


@contextmanager
def guards_off(table: str):
    """What only the owner of the table can do, and `verify` tells of: to plant what no path of the product allows."""
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
    yield
    execute("SET CONSTRAINTS ALL IMMEDIATE")
    execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def user(name: str | None = None, *, roles=(), superuser: bool = False, **fields) -> User:
    """A member of staff; `roles` are names of cdp.access.roles."""
    name = name or f"user-{uuid7()}"
    made = User(username=name, is_staff=True, is_superuser=superuser, **fields)
    made.set_password("correct horse battery")
    made.save()
    if roles:
        from django.contrib.auth.models import Group

        made.groups.set(Group.objects.filter(name__in=roles))
    return made


def source(code: str = "webshop", *, namespace: str = "customer_no", **fields) -> Source:
    """A source, the same one for the same code."""
    found = Source.objects.filter(code=code).first()
    if found:
        return found
    fields = {"title": code.title(), "party": 1, "trust": 50} | fields
    return Source.objects.create(code=code, namespace=Namespace.objects.get(code=namespace), **fields)
