"""The named register of advisory locks, which nothing else takes but the guards of tables. All end with their
transaction.

Advisory locks are numbers, which everybody shares, in memory of a fixed size; so there are few, for pieces of work.
What a writer of people has to itself are rows (`profiles.records.locks`).
"""

from enum import IntEnum

from cdp.base.database.sql import execute, value


class Lock(IntEnum):
    """What there is one of at a time, each thing by a number of its own."""

    DRAIN = 1  # of the received calls of a source: they count in the order in which they came
    EVENT_MONTH = 2  # the making of partitions of events
    VOCABULARY = 3  # writers of records share it; who changes what an attribute or a namespace is waits (profiles/sql)
    NOTICE_VERSIONS = 4  # the numbering and publishing of words: a first version has no row that could be held


def try_for(lock: Lock, number: int = 0) -> bool:
    """Take `lock` for this transaction, unless another has it: then false at once."""
    return value("SELECT pg_try_advisory_xact_lock(%s, %s)", [lock, number])


def share(lock: Lock) -> None:
    """Take `lock` for this transaction together with all who share it."""
    execute("SELECT pg_advisory_xact_lock_shared(%s, 0)", [lock])


def wait_for(lock: Lock, number: int = 0) -> None:
    """Take `lock` for this transaction, when the others have ended."""
    execute("SELECT pg_advisory_xact_lock(%s, %s)", [lock, number])
