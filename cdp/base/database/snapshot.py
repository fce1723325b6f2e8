"""Several statements that see the database as of one moment."""

from collections.abc import Iterator
from contextlib import contextmanager

from django.db import connection, transaction

from cdp.base.database.sql import execute


@contextmanager
def one_snapshot() -> Iterator[None]:
    """Inside, every statement sees what was committed when the first one began; nobody waits for the reader.

    Inside a transaction that has begun, it is that transaction which says what is seen.
    """
    outermost = not connection.in_atomic_block
    with transaction.atomic():
        if outermost:
            execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        yield
