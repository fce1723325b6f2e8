"""May this person be contacted, shared or scored: for this purpose, on this channel, at this moment?

One SQL statement answers for one person or for many (`consents.permission.queries`). Everybody asks here: the admin,
the API, segments, activation, partner files. Ask again inside the transaction that writes an output.
"""

from collections.abc import Iterable
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction
from django.db.models import Q, QuerySet
from django.db.models.expressions import RawSQL

from cdp.base.database.sql import dicts, execute, rows
from consents.overrides import standing
from consents.permission import queries
from consents.permission.reasons import REASONS
from consents.permission.rules import PermissionQuestion, question, rules
from consents.state import locks
from consents.state.fold import ALWAYS, EVERYONE
from consents.state.past import RECORDS_THEN, THEN, profiles_then


@dataclass(frozen=True)
class Answer:
    """Whether a person may be reached, and why. `reasons` holds every denial in the order asked; `reason` the first.

    position: the ledger entry that the answer rests on. contact_ref, identifier: the address that may be used, by its
    contact point and as (code of the namespace, blind index).
    """

    profile: UUID
    allowed: bool
    reason: str
    position: int | None
    since: datetime | None
    reasons: tuple[str, ...] = ()
    contact_ref: UUID | None = None
    identifier: tuple[str, UUID] | None = None

    @property
    def blind(self) -> UUID | None:
        """The blind index of the address that may be used."""
        return self.identifier and self.identifier[1]

    @property
    def sentence(self) -> str:
        return str(REASONS[self.reason])


def decide(
    profile,
    *,
    purpose: str,
    channel: str,
    as_of: datetime | None = None,
    known_at: datetime | None = None,
    recipient: str | None = None,
    controller: str = "own",
) -> Answer:
    """The answer for one person, named by any profile id ever given.

    as_of: at that moment (None: now). known_at: of what had been recorded by then (None: by now), with an `as_of`.
    recipient: the public name of a partner who would get the data. Raises UnknownQuestion.
    """
    asked = question(purpose, channel, recipient=recipient, as_of=as_of, known_at=known_at, controller=controller)
    identity = getattr(profile, "pk", profile)
    (answer,) = _answers_then(asked, identity) if as_of else _answers(asked, [_present(identity)])
    return answer


def decide_many(people: QuerySet | Iterable[UUID], asked: PermissionQuestion) -> list[Answer]:
    """The answers for many present profiles, a queryset of them or their ids, in one statement."""
    with _materialised(people) as people:
        return _answers(asked, people)


def count_by_reason(people: QuerySet | Iterable[UUID], asked: PermissionQuestion) -> dict[str, int]:
    """How many of `people` there are for each first reason, "allowed" among them, in one statement."""
    with _materialised(people) as people:
        answered = _sql(queries.ANSWERED, asked, people)
        return dict(rows(f"SELECT coalesce(reasons[1], 'allowed'), count(*) FROM ({answered}) a GROUP BY 1"))


def first_with_reason(
    people: QuerySet | Iterable[UUID], asked: PermissionQuestion, *, reason: str, most: int
) -> list[UUID]:
    """The first `most` of `people`, in order of id, whose first reason is `reason` ("allowed" among them)."""
    with _materialised(people) as people:
        answered = _sql(queries.ANSWERED, asked, people).replace("%", "%%")
        wanted = "WHERE coalesce(reasons[1], 'allowed') = %s ORDER BY id LIMIT %s"
        return [profile for (profile,) in rows(f"SELECT id FROM ({answered}) a {wanted}", [reason, most])]


def reachable(asked: PermissionQuestion, *, people: QuerySet | Iterable[UUID] | None = None) -> Q:
    """The condition on Profile that holds for those who may be reached.

    people: a queryset or ids that the caller narrows to anyway; then only they are looked at.
    """
    sql = _sql(queries.REACHABLE, asked, people)
    return Q(pk__in=RawSQL(sql.replace("%", "%%"), []))  # noqa: S611 (the values in it are quoted by the driver)


def _answers(asked: PermissionQuestion, people) -> list[Answer]:
    return [_answer(row) for row in dicts(_sql(queries.ANSWERED, asked, people))]


def _answers_then(asked: PermissionQuestion, identity: UUID) -> list[Answer]:
    """The answer at another moment: about whom the id meant then, from what had been decided and was known then."""
    seen = min(asked.as_of, asked.known_at or asked.as_of)
    people = [profiles_then([identity], seen).get(identity, identity)]
    then = {"place": THEN, "records": RECORDS_THEN, "everyone": _MEANT_BY_ID}
    return [_answer(row) for row in dicts(_sql(queries.ANSWERED, asked, people, **then))]


def _answer(row: dict) -> Answer:
    reasons = tuple(row["reasons"])
    return Answer(
        profile=row["id"],
        allowed=not reasons,
        reason=reasons[0] if reasons else "allowed",
        position=row["position"],
        since=row["since"],
        reasons=reasons,
        contact_ref=row["contact_ref"],
        identifier=(row["namespace"], row["blind"]) if row["blind"] else None,
    )


_WAYS = {
    (True, True): queries.BY_CONSENT_AND_ADDRESS,
    (True, False): queries.BY_CONSENT,
    (False, True): queries.BY_BASIS_AND_ADDRESS,
    (False, False): queries.BY_BASIS,
}
_NUMBERS = count(1)
_LIVING_OR_NOT = "SELECT id, erased_at FROM profiles_profile WHERE id {people}"
_MEANT_BY_ID = """SELECT asked.id, p.erased_at FROM unnest(%(profiles)s::uuid[]) asked(id)
    LEFT JOIN profiles_sourceidentity s ON s.id = asked.id LEFT JOIN profiles_profile p ON p.id = s.profile_id"""


def _sql(
    template: str,
    asked: PermissionQuestion,
    people,
    *,
    place=EVERYONE,
    records="TABLE consents_consentrecord",
    everyone=_LIVING_OR_NOT,
) -> str:
    """The decision as one statement with its values in it, to be run or to be part of a larger one."""
    if asked.as_of and place is EVERYONE:
        raise ValueError("what was allowed at another moment is asked of one person: decide")
    found = rules(asked)
    condition, ids = _condition(people)
    parts = standing.parts(place=place, people=condition) | {"records": records}
    parts["everyone"] = everyone.format(**parts)
    parts["ways"] = _WAYS[found.by_consent, found.addressed].format(**parts)
    return connection.ops.compose_sql(template.format(**parts), ALWAYS | found.parameters | {"profiles": ids})


class MaterialisedPeople(NamedTuple):
    """A temporary table of those who are decided."""

    name: str


@contextmanager
def _materialised(people):
    """Those of a queryset in a table of their own while they are decided: so the planner knows how many they are.

    It would have to guess, and a guess of one, where they are ten thousand, makes minutes of a second.
    """
    if not isinstance(people, QuerySet):
        yield people
        return
    with transaction.atomic():
        table = MaterialisedPeople(f"consents_asked_{next(_NUMBERS)}")
        execute(f"CREATE TEMP TABLE {table.name} (profile) ON COMMIT DROP AS {_ids(people)}")
        execute(f"ANALYZE {table.name}")
        yield table
        execute(f"DROP TABLE {table.name}")


def _condition(people) -> tuple[str, list[UUID]]:
    """`people` as a condition on a profile id: everyone, those materialised, those of a queryset, or some ids."""
    if people is None:
        return standing.ALL, []
    if isinstance(people, MaterialisedPeople):
        return f"IN (SELECT a.profile FROM {people.name} a)", []
    if isinstance(people, QuerySet):
        return f"IN ({_ids(people).replace('%', '%%')})", []
    return "= ANY(%(profiles)s)", list(people)


def _ids(people: QuerySet) -> str:
    return connection.ops.compose_sql(*people.order_by().values("pk").query.sql_with_params())


def _present(identity: UUID) -> UUID:
    return locks.profiles_of([identity]).get(identity, identity)
