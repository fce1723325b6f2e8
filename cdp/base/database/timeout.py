"""A bound on how long a request waits for a database that has fallen silent."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

from django.db import connection
from psycopg import errors


class NoAnswer(Exception):
    """The database was silent for too long. Its connection was given up; whether it has committed is not known."""


@contextmanager
def answers_within(seconds: float) -> Iterator[None]:
    """Inside, a statement without an answer for `seconds` raises NoAnswer, also where the server is frozen.

    A server that is frozen keeps its connections open, so neither it nor the network would ever say so.
    """
    connection.ensure_connection()
    link = connection.connection
    link.wait = partial(_wait, link, seconds)
    try:
        yield
    except NoAnswer:
        connection.close()
        raise
    finally:
        del link.wait


def _wait(link, seconds: float, gen, *_interval, **_options):
    try:
        return type(link).wait(link, gen, timeout=seconds)
    except errors._WaitTimeout:
        link.pgconn.finish()
        raise NoAnswer(f"no answer in {seconds} s") from None
