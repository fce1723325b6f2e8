"""When not to take more: a source over its limit, a queue that grows, a database that does not keep what it commits.

The limits of sources are counted in each web process for itself, so n processes let through n times as much. That
is enough to keep one source from crowding out the others, and costs no write that all requests would wait for.
"""

import random
import threading
import time
from typing import NamedTuple

from django.conf import settings

from cdp.base.database.sql import rows
from profiles.ingestion.http.errors import TooFast, Unavailable

#: Received calls that may wait to be drained, before senders are asked to come back later.
MOST_WAITING = 50_000
LONGEST_WAIT = 30
LOOK_AGAIN = 10  # seconds for which a look at the database is believed
DURABILITY = ("fsync", "full_page_writes", "synchronous_commit")


class Lag(NamedTuple):
    """What waits to be drained: how many received calls (counted up to the bound), the oldest for how many seconds."""

    waiting: int
    seconds: float


def lag() -> Lag:
    """For the health page and the dashboard."""
    waiting, seconds = rows(
        "SELECT count(*), coalesce(extract(epoch FROM now() - min(received_at)), 0)::float FROM ("
        "SELECT received_at FROM profiles_ingestrequest WHERE state = 'waiting' ORDER BY id LIMIT %s) w",
        [MOST_WAITING + 1],
    )[0]
    return Lag(waiting, max(seconds, 0.0))


def forgetful() -> list[str]:
    """The settings of the database that are off and without which a commit may be lost in a crash."""
    found = rows("SELECT name, current_setting(name) FROM unnest(%s::text[]) AS name", [list(DURABILITY)])
    return [name for name, state in found if state == "off"]


class RateLimiter:
    """What one web process knows of the pressure."""

    def __init__(self):
        self._lock = threading.Lock()
        self.forget()

    def forget(self) -> None:
        """Begin anew: full buckets, and a fresh look at the database."""
        self._buckets: dict[tuple[int, str], tuple[float, float]] = {}
        self._looked = -LOOK_AGAIN
        self._trouble = False

    def check(self) -> None:
        """Raise Unavailable where what we took could be lost, or could not be drained in time."""
        if time.monotonic() - self._looked > LOOK_AGAIN:
            self._trouble = bool(forgetful()) or lag().waiting > MOST_WAITING
            self._looked = time.monotonic()
        if self._trouble:
            raise Unavailable(retry_after=patience())

    def take(self, source: int, events: int) -> None:
        """Count a request of a source (its id) with its events; TooFast when the source's minute is used up."""
        with self._lock:
            wait = max(
                self._take(source, "requests", 1, settings.INGEST_REQUESTS_PER_MINUTE),
                self._take(source, "events", events, settings.INGEST_EVENTS_PER_MINUTE),
            )
        if wait:
            raise TooFast(retry_after=min(LONGEST_WAIT, int(wait) + 1))

    def _take(self, source: int, what: str, amount: int, per_minute: int) -> float:
        """A bucket that holds a minute's worth and refills all the time; the seconds until it holds `amount`."""
        now = time.monotonic()
        level, since = self._buckets.get((source, what), (float(per_minute), now))
        level = min(per_minute, level + (now - since) * per_minute / 60)
        missing = min(amount, per_minute) - level
        self._buckets[source, what] = (level if missing > 0 else level - amount, now)
        return max(0.0, missing * 60 / per_minute)


def patience() -> int:
    """Seconds after which to come again, spread so that not all come at once."""
    return random.randint(5, 15)  # noqa: S311


gate = RateLimiter()
