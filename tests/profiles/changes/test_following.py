"""Many write at once and many follow, some are killed and go on: each reader sees each change once, in one order."""

import multiprocessing
import random
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import pytest
from django.db import connection

from cdp.base.database.sql import execute, rows
from tests.changes import settle
from tests.profiles.changes import following

PATIENCE = 120
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.slow, pytest.mark.timeout(600)]


@dataclass(frozen=True)
class Followed:
    """The words that were said for good, in the order of the feed, and those that each reader saw, in its order."""

    said: list[str]
    stored: set[str]
    seen: dict[str, list[str]]


@contextmanager
def scratch() -> Iterator[None]:
    execute(following.GONE)
    execute(following.TABLES)
    try:
        yield
    finally:
        execute(following.GONE)


def followed(*, writers: int, readers: int, transactions: int, kills: int) -> Followed:
    """Let all run at once and kill `kills` of each; a killed reader goes on, a killed writer gives up."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload([following.__name__])
    database = connection.settings_dict["NAME"]

    def start(act, *given):
        child = context.Process(target=act, args=(database, *given))
        child.start()
        return child

    names = [f"reader {number}" for number in range(readers)]
    reading = {name: start(following.follow, name) for name in names}
    writing = [start(following.write, f"writer {number}", transactions) for number in range(writers)]
    chance = random.Random(writers)
    for kill in range(kills):
        time.sleep(chance.uniform(0.5, 1))
        writing[kill].kill()
        name = names[kill % readers]
        reading[name].kill()
        reading[name].join()
        reading[name] = start(following.follow, name)
    for child in writing:
        child.join(PATIENCE)
    settle()
    execute("INSERT INTO following_end VALUES (now())")
    for child in reading.values():
        child.join(PATIENCE)
    return _found(names)


def _found(names: list[str]) -> Followed:
    return Followed(
        said=[
            word
            for (word,) in rows(
                "SELECT what[1] FROM profiles_change WHERE kind = 'import.moved' ORDER BY epoch, xid, seq"
            )
        ],
        stored={word for (word,) in rows("SELECT word FROM following_said")},
        seen={
            name: [word for (word,) in rows("SELECT word FROM following_seen WHERE reader = %s ORDER BY nth", [name])]
            for name in names
        },
    )


def test_every_reader_sees_every_change_once_in_the_order_of_the_feed():
    with scratch():
        found = followed(writers=5, readers=3, transactions=40, kills=1)

    assert len(found.said) > 100
    assert found.stored == set(found.said)
    assert found.seen == dict.fromkeys(found.seen, found.said)
