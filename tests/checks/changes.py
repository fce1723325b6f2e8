"""20 writers and 20 readers of the feed of changes, some killed; then a reader beside the import of a million rows."""

import os
import threading
import time
from collections.abc import Iterator

from django.db import connection, transaction

from benchmarks.measure import scratch_database
from tests.checks.figure import Figure

WRITERS = READERS = 20
TRANSACTIONS, KILLS = 250, 10
ROWS = int(os.environ.get("KENDT_CHECK_ROWS", "1000000"))
LAG, OPEN = 5, 10  # seconds


def figures() -> Iterator[Figure]:
    with scratch_database("kendt_check"):
        yield from _followed()
    with scratch_database("kendt_check"):
        yield from _beside_an_import()


def _followed() -> Iterator[Figure]:
    from tests.profiles.changes.test_following import followed, scratch

    with scratch():
        found = followed(writers=WRITERS, readers=READERS, transactions=TRANSACTIONS, kills=KILLS)
    wrong = sum(seen != found.said for seen in found.seen.values())
    yield Figure("changes that were written for good", len(found.said), WRITERS * TRANSACTIONS // 2, at_least=True)
    yield Figure("changes written without what they tell of, or not", len(found.stored ^ set(found.said)), 0)
    yield Figure(f"of {READERS} readers: missed, saw twice or out of order", wrong, 0)


def _beside_an_import() -> Iterator[Figure]:
    """A change every half second, read as soon as it may be; the longest that any transaction stayed open writing."""
    watch = Watch()
    ends = threading.Event()
    threads = [threading.Thread(target=act, args=(ends,)) for act in (watch.tell, watch.follow, watch.look)]
    for thread in threads:
        thread.start()
    try:
        rows = _import()
    finally:
        ends.set()
        for thread in threads:
            thread.join()
    yield Figure("rows imported while a reader follows", rows, ROWS, at_least=True)
    yield Figure("changes read meanwhile", len(watch.lags), 10, at_least=True)
    yield Figure("longest from a change to its reader", max(watch.lags), LAG, " s")
    yield Figure("longest writing transaction", watch.longest, OPEN, " s")


class Watch:
    """Three threads, each with its own connection."""

    def __init__(self):
        self.lags: list[float] = []
        self.longest = 0.0
        self.told: dict[str, float] = {}

    def tell(self, ends: threading.Event) -> None:
        from profiles import changes
        from profiles.changes import ChangeKind

        number = 0
        while not ends.wait(0.5):
            with transaction.atomic():
                changes.record(kind=ChangeKind.DELIVERY_MOVED, what=[str(number)])
            self.told[str(number)] = time.monotonic()
            number += 1
        connection.close()

    def follow(self, ends: threading.Event) -> None:
        from profiles import changes
        from profiles.changes import ChangeKind

        position = changes.present()
        while not ends.wait(0.1):
            page = changes.read(after=position, kinds=[ChangeKind.DELIVERY_MOVED])
            position, seen = page.position, time.monotonic()
            self.lags += [seen - self.told.get(change.what[0], seen) for change in page.changes]
        connection.close()

    def look(self, ends: threading.Event) -> None:
        from cdp.base.database.sql import value

        while not ends.wait(0.2):
            seconds = value(
                """SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity
                WHERE backend_xid IS NOT NULL AND datname = current_database() AND pid <> pg_backend_pid()"""
            )
            self.longest = max(self.longest, float(seconds or 0))
        connection.close()


def _import() -> int:
    import io

    from benchmarks.imports import CUSTOMER
    from profiles.imports.run import runs
    from profiles.models import Namespace, Source

    source = Source.objects.create(code="check", title="Check", namespace=Namespace.objects.get(code="customer_no"))
    mapping = runs.remember_mapping(source=source, name="customers", rows="customers", spec=CUSTOMER)
    file = io.BytesIO()
    file.write(b"id,email,phone,first,last,street,city,country\n")
    file.writelines(
        f"C{n},c{n}@example.dk,+4531{n:06d},Anna{n % 300},Bech{n % 700},Gade {n % 999},By{n % 90},DK\n".encode()
        for n in range(ROWS)
    )
    file.seek(0)
    proposed = runs.propose(file=file, file_name="check.csv", source=source, by=None)
    runs.start(file_import=runs.describe(file_import=proposed, mapping=mapping))
    return runs.run(file_import=proposed).rows_new
