"""Somebody else at work on another connection."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor

from django.db import connection

from cdp.base.database.sql import value

PATIENCE = 10  # seconds
WAITING = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"


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
