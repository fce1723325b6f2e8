"""Names of events by number: type and name are told once, and events refer to them.

Whoever registers a name inside a long transaction lets all others who use it wait for its end. So a new name is
registered ahead, in a short transaction of its own, by those who know what comes: the door of calls, and files.
"""

import logging
from collections.abc import Collection, Iterable

from django.db import OperationalError, transaction

from cdp.base.database.sql import execute, rows

log = logging.getLogger(__name__)

#: Whoever registers ahead waits no longer for another who does: the writer fills in what lacks.
PATIENCE = "200ms"
REMEMBERED = 10_000

REGISTER = """
INSERT INTO profiles_eventname (type, name)
SELECT type, name FROM unnest(%s::text[], %s::text[]) AS given(type, name)
WHERE NOT EXISTS (SELECT FROM profiles_eventname known WHERE (known.type, known.name) = (given.type, given.name))
ORDER BY type, name ON CONFLICT DO NOTHING
"""
NUMBERS = """
SELECT known.type, known.name, known.id FROM unnest(%s::text[], %s::text[]) AS given(type, name)
JOIN profiles_eventname known ON (known.type, known.name) = (given.type, given.name)
"""

#: What this process registered: to know it spares the asking, and to be wrong costs nothing, for the writer asks.
_registered: set[tuple[str, str]] = set()


def register(names: Iterable[tuple[str, str]]) -> None:
    """Register the (type, name) that are new, outside of any other transaction."""
    new = set(names) - _registered
    if not new:
        return
    try:
        with transaction.atomic():
            execute(f"SET LOCAL lock_timeout = '{PATIENCE}'")
            execute(REGISTER, _columns(new))
            execute("SET LOCAL lock_timeout = DEFAULT")
    except OperationalError as trouble:
        log.info("Names of events are left to their writer: %s", type(trouble.__cause__).__name__)
        return
    _remember(new)


def numbers(names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    """The number of each (type, name), inside the transaction of who writes events; what is new is registered."""
    found = _numbers(names)
    lacking = set(names) - found.keys()
    if lacking:
        execute(REGISTER, _columns(lacking))
        found |= _numbers(lacking)
    return found


def _numbers(names: Collection[tuple[str, str]]) -> dict[tuple[str, str], int]:
    return {(type, name): number for type, name, number in rows(NUMBERS, _columns(names))}


def _columns(names: Collection[tuple[str, str]]) -> list[list[str]]:
    return [[type for type, _name in names], [name for _type, name in names]]


def _remember(names: set[tuple[str, str]]) -> None:
    if len(_registered) + len(names) > REMEMBERED:
        _registered.clear()
    _registered.update(names)
