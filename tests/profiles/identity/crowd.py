"""Many writers at once, and who waits for whom: for the tests and, at full size, for `tests.checks`.

Everybody is one person of a town, known by five sources under their numbers and by one e-mail. Two of one house, 2 n
and 2 n + 1, are taken for one now and then by a steward. Acts on people of one house may wait for each other, others
must not.
"""

import itertools
import random
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from threading import Barrier, Event, Thread
from typing import NamedTuple

from django.db import close_old_connections, connection, transaction

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import rows, value
from consents.models import Purpose
from profiles import identity, records
from profiles.identity import steward_decisions as steward
from profiles.ingestion.events import names
from profiles.ingestion.events.intake import IncomingCall, take_in
from profiles.models import Source, SourceIdentity
from profiles.vault import blind
from tests import builders
from tests.consents import building as consent
from tests.profiles.imports import building as files

SOURCES = {"crm": "customer_no", "till": "loyalty_no", "app": "user_id", "club": "loyalty_no", "shop": "customer_no"}
EVERY = 0.003  # seconds between two looks at the locks

#: Growing a file of the database by a page (`extend`) holds nobody up until a commit; nor does autovacuum.
WAITING = """
SELECT waiter.application_name, holder.application_name, string_agg(DISTINCT l.locktype, ' '),
       max(left(waiter.query, 60))
FROM pg_locks l
JOIN pg_stat_activity waiter ON waiter.pid = l.pid AND waiter.datname = current_database()
CROSS JOIN LATERAL unnest(pg_blocking_pids(l.pid)) AS blocking(pid)
JOIN pg_stat_activity holder ON holder.pid = blocking.pid
WHERE NOT l.granted AND l.locktype <> 'extend' AND holder.backend_type = 'client backend' GROUP BY 1, 2
"""


class Wait(NamedTuple):
    """One transaction that waited for another: what they do, as `verb house,house`, and for what kind of lock."""

    waiter: str
    holder: str
    kinds: str
    statement: str

    @property
    def is_for_the_same_people(self) -> bool:
        return bool(_houses(self.waiter) & _houses(self.holder))


def _houses(act: str) -> set[str]:
    return set(act.partition(" ")[2].split(","))


class Act(NamedTuple):
    """One transaction, or a few: its verb, the numbers of the people whom it touches, and the doing."""

    verb: str
    people: tuple[int, ...]
    do: Callable[[], object]

    @property
    def name(self) -> str:
        return f"{self.verb} {','.join(sorted({str(number // 2) for number in self.people}))}"


class Town:
    """Sources, a purpose, and acts on people who are told by number."""

    def __init__(self):
        self.sources: list[Source] = [builders.source(code, namespace=kind) for code, kind in SOURCES.items()]
        self.news = Purpose.objects.filter(key="newsletter").first() or consent.purpose()
        self.customer_file = {one.pk: files.mapping(files.CUSTOMER, at=one) for one in self.sources}
        builders.source()  # where people answer
        consent.words_for(self.news, builders.now())
        consent.place_for(self.news)
        # A name of events is registered once for all, in a short transaction of its own that holds nobody.
        names.numbers([("identify", "identify")])

    def meet(self, number: int) -> None:
        """Somebody whom two sources know already."""
        for source in self.sources[:2]:
            self.write(source, (number,))

    def write(self, source: Source, people: Iterable[int]) -> None:
        with transaction.atomic():
            written = records.write(source=source, people=[_person(source, number) for number in people])
            identity.resolve(identities=written.touched, holding=written.identities)

    def ingest(self, source: Source, people: Iterable[int]) -> None:
        now = builders.now()
        take_in(
            source=source,
            is_test=False,
            entries=[
                IncomingCall(
                    {
                        "type": "identify",
                        "userId": f"P{number}",
                        "messageId": uuid7().hex,
                        "traits": {"email": _email(number), "first_name": f"Name{number}"},
                    },
                    now,
                )
                for number in people
            ],
        )

    def load(self, source: Source, people: Iterable[int]) -> None:
        lines = [[f"P{number}", _email(number), f"Name{number}", "Ribe", number] for number in people]
        files.loaded(files.customers(*lines), self.customer_file[source.pk])

    def answer(self, people: Iterable[int]) -> None:
        with transaction.atomic():
            for one in _identities(people)[:1]:
                consent.say(one.profile_id, self.news, random.choice(["ConsentGiven", "ConsentWithdrawn"]))

    def merge(self, people: Iterable[int]) -> None:
        """Two people whom a steward takes for one, and then does not."""
        some = [_identities([number])[:1] for number in people]
        if all(some) and len(some) == 2:
            (one,), (other,) = some
            decided = steward.same(identity=one.pk, other=other.pk, reason="one person", by=None)
            with suppress(steward.AlreadyWithdrawn):  # a colleague decided the same
                steward.withdraw(decision=decided, reason="two after all", by=None)

    def act(self, dice: random.Random, numbers: Sequence[int]) -> Act:
        """Any act on a few of `numbers`."""
        verb = dice.choice(["write", "ingest", "load", "answer", "merge"])
        if verb in ("answer", "merge"):
            one = dice.choice(numbers)
            people = (one - one % 2, one - one % 2 + 1) if verb == "merge" else (one,)
            return Act(verb, people, lambda: getattr(self, verb)(people))
        people, source = tuple(dice.sample(numbers, min(3, len(numbers)))), dice.choice(self.sources)
        return Act(verb, people, lambda: getattr(self, verb)(source, people))


def _person(source: Source, number: int) -> records.Person:
    return records.Person(
        f"P{number}", [("email", _email(number), False)], {"first_name": f"Name{number}", "city": "Ribe"}
    )


def _email(number: int) -> str:
    return f"person{number}@example.dk"


def _identities(people: Iterable[int]) -> list[SourceIdentity]:
    blinds = [blind("email", _email(number)) for number in people]
    return list(SourceIdentity.objects.filter(identifiers__blind__in=blinds).order_by("id").distinct())


def at_once(writers: list[list[Act]]) -> list[Wait]:
    """Let every writer do its acts in their order, all beginning together; gives who waited for whom meanwhile."""
    start = Barrier(len(writers))

    def work(acts: list[Act]) -> None:
        close_old_connections()
        try:
            start.wait()
            for act in acts:
                value("SELECT set_config('application_name', %s, false)", [act.name])
                act.do()
        finally:
            connection.close()

    with _watching() as waits, ThreadPoolExecutor(len(writers)) as pool:
        for done in [pool.submit(work, acts) for acts in writers]:
            done.result()
    return sorted(waits)


@contextmanager
def _watching() -> Iterator[set[Wait]]:
    waits: set[Wait] = set()
    ended = Event()

    def watch() -> None:
        try:
            while not ended.wait(EVERY):
                waits.update(itertools.starmap(Wait, rows(WAITING)))
        finally:
            connection.close()

    watcher = Thread(target=watch)
    watcher.start()
    try:
        yield waits
    finally:
        time.sleep(EVERY)
        ended.set()
        watcher.join()
