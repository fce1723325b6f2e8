"""What a transaction has to itself until it commits: values of identifiers, and people. Nobody else is kept waiting.

Everybody takes them in this order, each kind at once and in rising order, so that nobody waits in a circle:

1. the values that a writer brings (`hold_values`), before it writes them: two who bring the same new value cannot see
   each other's rows, and so they meet here;
2. the people (`hold_people`), before anything is folded or stored of them: rows of `SourceIdentity`.

What is found under these locks stands until commit, because whoever would change it needs one of them.
"""

from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol, TypeVar
from uuid import UUID

from django.db import transaction

from cdp.base.database.sql import execute, rows, value

#: An identifier's value: (id of the namespace, blind index).
IdentifierValue = tuple[int, UUID]


class HasPeople(Protocol):
    """Something found in the database, and the identities that it is about."""

    people: set[UUID]


Found = TypeVar("Found", bound=HasPeople)


class Profiles(NamedTuple):
    """The identities of some profiles, and the profile of each."""

    people: set[UUID]
    profile: dict[UUID, UUID]


class Grown(Exception):
    """Somebody else has joined others to the people who were waited for."""


def hold_values(own: Iterable[IdentifierValue], others: Iterable[IdentifierValue]) -> None:
    """Until commit nobody else writes these values: `own` names people at their source, `others` tell more of them.

    Those of `others` that are shared or blocked join nobody, and many people may write them at once; but nobody can
    judge them anew meanwhile. A row that is inserted and deleted makes others of its key wait until commit, for any
    number of values, where advisory locks would fill the memory that all connections share.
    """
    others = set(others)
    values = sorted({*own, *(others - _unusable(others))})
    arrays = [[namespace for namespace, _blind in values], [blind for _namespace, blind in values]]
    execute(
        "INSERT INTO profiles_valuelock (namespace_id, blind)"
        " SELECT * FROM unnest(%s::smallint[], %s::uuid[]) ORDER BY 1, 2",
        arrays,
    )
    execute(
        "DELETE FROM profiles_valuelock l USING unnest(%s::smallint[], %s::uuid[]) AS v(namespace_id, blind)"
        " WHERE l.namespace_id = v.namespace_id AND l.blind = v.blind",
        arrays,
    )


def _unusable(values: set[IdentifierValue]) -> set[IdentifierValue]:
    found = rows(
        "SELECT x.namespace_id, x.blind FROM profiles_sharedidentifier x"
        " JOIN unnest(%s::smallint[], %s::uuid[]) AS v(namespace_id, blind) USING (namespace_id, blind)"
        " WHERE x.verdict <> 'private' ORDER BY x.id FOR SHARE OF x",
        [[namespace for namespace, _blind in values], [blind for _namespace, blind in values]],
    )
    return set(found)


def hold_people(identities: Iterable[UUID]) -> dict[UUID, UUID]:
    """Until commit nobody else writes of the people that `identities` mean; gives each identity's present profile.

    For writers that store something by profile. Unknown identities are left out. A transaction that also resolves does
    that first, and names these identities there.
    """
    wanted = set(identities)
    held = hold(lambda: profiles_of(wanted))
    return {identity: held.profile[identity] for identity in wanted & held.people}


def hold(find: Callable[[], Found]) -> Found:
    """Until commit nobody else writes of the people that `find` finds in the database; gives what it finds then.

    Whom it finds is known by reading, and may grow until they are held. Then all is let go and taken anew.
    """
    wanted: set[UUID] = set()
    while True:
        try:
            with transaction.atomic():
                return _hold_found(find, wanted)
        except Grown as grown:
            wanted = grown.args[0]


def _hold_found(find: Callable[[], Found], wanted: set[UUID]) -> Found:
    moment = _snapshot()
    found = find()
    wanted = wanted | found.people
    _hold_rows(wanted)
    if _snapshot() == moment:
        return found
    found = find()
    if found.people <= wanted:
        return found
    raise Grown(wanted | found.people)


def _snapshot() -> str:
    """What is committed: equal as long as no transaction has ended."""
    return value("SELECT pg_current_snapshot()::text")


def _hold_rows(identities: set[UUID]) -> None:
    execute("SELECT FROM profiles_sourceidentity WHERE id = ANY(%s) ORDER BY id FOR NO KEY UPDATE", [list(identities)])


def profiles_of(identities: Iterable[UUID]) -> Profiles:
    """Everybody who is of one profile with any of `identities`."""
    found = dict(
        rows(
            "SELECT mate.id, mate.profile_id FROM profiles_sourceidentity mate WHERE mate.profile_id = ANY(ARRAY("
            " SELECT profile_id FROM profiles_sourceidentity WHERE id = ANY(%s)))",
            [list(identities)],
        )
    )
    return Profiles(set(found), found)


def hold_everybody() -> None:
    """Until commit nobody writes of anybody: for a rebuild. Reading goes on."""
    execute("LOCK TABLE profiles_sourceidentity IN EXCLUSIVE MODE")
