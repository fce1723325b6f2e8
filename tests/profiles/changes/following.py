# ruff: noqa: E402 (models can be imported after the setup only)
"""Processes that write changes and that follow them, to be killed at it. The fork server imports this module."""

import os
import random
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
django.setup()

from django.db import connection, connections, transaction

from cdp.base.database.sql import execute, rows, value
from profiles import changes
from profiles.changes import ChangeKind, Position
from profiles.changes.reading import oldest

#: What was said, how far each reader is, and what each has seen, in its order.
TABLES = """
    CREATE TABLE following_said (word text PRIMARY KEY);
    CREATE TABLE following_reader (
        name text PRIMARY KEY, epoch int, xid bigint, seq bigint, moment timestamptz, done boolean DEFAULT false);
    CREATE TABLE following_seen (nth bigserial, reader text, word text, lag interval);
    CREATE TABLE following_end (at timestamptz);
"""
GONE = "DROP TABLE IF EXISTS following_said, following_reader, following_seen, following_end"


def write(database: str, name: str, transactions: int) -> None:
    """Tell something in each transaction, end it at a moment of its own, some without a commit."""
    connections["default"].settings_dict["NAME"] = database
    chance = random.Random(name)
    for number in range(transactions):
        with transaction.atomic():
            time.sleep(chance.random() * 0.004)
            for part in range(chance.randint(1, 3)):
                word = f"{name}-{number}-{part}"
                changes.record(kind=ChangeKind.IMPORT_MOVED, what=[word])
                execute("INSERT INTO following_said VALUES (%s)", [word])
                time.sleep(chance.random() * 0.01)
            transaction.set_rollback(chance.random() < 0.1)


def follow(database: str, name: str) -> None:
    """Take page after page, each with the position after it, going away now and then, until all is said and seen."""
    connections["default"].settings_dict["NAME"] = database
    chance = random.Random(f"{name}{os.getpid()}")
    while True:
        ended = value("SELECT EXISTS (SELECT FROM following_end)")
        if not _page(name, chance.randint(1, 40)) and ended:
            execute("UPDATE following_reader SET done = true WHERE name = %s", [name])
            return
        if chance.random() < 0.1:
            connection.close()
            time.sleep(chance.random() * 0.1)


@transaction.atomic
def _page(name: str, limit: int) -> bool:
    """Whether there was anything, or may be more."""
    found = rows("SELECT epoch, xid, seq, moment FROM following_reader WHERE name = %s AND epoch IS NOT NULL", [name])
    after = Position(*found[0]) if found else oldest()
    page = changes.read(after=after, limit=limit, kinds=[ChangeKind.IMPORT_MOVED])
    for change in page.changes:
        execute(
            "INSERT INTO following_seen (reader, word, lag) VALUES (%s, %s, clock_timestamp() - %s)",
            [name, change.what[0], change.recorded_at],
        )
    execute(
        """INSERT INTO following_reader VALUES (%s, %s, %s, %s, %s)
        ON CONFLICT (name) DO UPDATE SET epoch = excluded.epoch, xid = excluded.xid, seq = excluded.seq,
            moment = excluded.moment""",
        [name, *page.position],
    )
    return bool(page.changes) or page.has_more
