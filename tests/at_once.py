"""Acts at the same time, each on a connection of its own: that begin together, or beside what is not committed yet."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Barrier

from django.db import connection

from cdp.base.database.sql import value
from cdp.base.errors import Refused

PATIENCE = 10  # seconds
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


def at_once(*acts):
    """Run the acts in threads that start together, each with its own connection; give their results."""
    start = Barrier(len(acts))

    def run(act):
        try:
            start.wait()
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return [done.result() for done in [pool.submit(run, act) for act in acts]]


def outcomes_at_once(*acts) -> list[str]:
    """How acts that start together end, in order of the words: "done", or the code of the refusal."""

    def outcome(act):
        try:
            act()
        except Refused as refusal:
            return refusal.code
        return "done"

    return sorted(at_once(*[lambda act=act: outcome(act) for act in acts]))


def beside(act: Callable) -> Future:
    """`act` is begun; gives it when it has ended, or waits for what the caller has not committed yet."""

    def done():
        try:
            return act()
        finally:
            connection.close()

    other = ThreadPoolExecutor(1)
    future, until = other.submit(done), time.monotonic() + PATIENCE
    other.shutdown(wait=False)
    while not future.done() and not value(WAITING) and time.monotonic() < until:
        time.sleep(0.01)
    return future


def meanwhile(act: Callable):
    """What `act` gives, which nobody keeps waiting."""
    return beside(act).result(PATIENCE)
