"""The one door into the consent ledger: record what people answered, fold what stands, all or nothing.

Recording is set-based: one decision is the case n = 1. In one transaction: guards, locks on the people (in one order),
what was recorded before, one INSERT into the ledger, one fold of the people touched.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from uuid import UUID

import orjson
from django.conf import settings
from django.db import IntegrityError, transaction

from cdp.base.database import statistics
from cdp.base.database.sql import rows
from cdp.base.errors import Violation, WrittenMeanwhile
from consents.errors import NotRecorded, SaidOtherwise
from consents.overrides.ended_by_consent import end_overrides_after_consent
from consents.recording import evidence
from consents.recording.entry import Draft, drafts
from consents.recording.references import References, references_of
from consents.recording.statement import ConsentStatement, RefusedStatement
from consents.recording.validation import violations
from consents.state.fold import GRANTS, fold, listed


@dataclass(frozen=True)
class Recorded:
    """What became of some decisions, in their order: ledger position, and whether it stood there before."""

    positions: list[int]
    replayed: list[bool]
    profiles: set[UUID]


def check(statements: Sequence[ConsentStatement]) -> list[RefusedStatement]:
    """What is wrong with `statements`; empty when all of them may be recorded."""
    return violations(statements, References(statements))


@transaction.atomic
def record(statements: Sequence[ConsentStatement], *, by=None) -> Recorded:
    """Record what people answered. The same (source, source event id) with the same body is a no-op.

    by: the user who enters it, the service key that sends it, or None for the system.
    Raises NotRecorded, SaidOtherwise.
    """
    known = References(statements)
    if found := violations(statements, known):
        raise NotRecorded(found)
    return write(drafts(statements, known), by=by)


@transaction.atomic
def record_possible(statements: Sequence[ConsentStatement], *, by=None) -> tuple[Recorded, list[RefusedStatement]]:
    """Record what may stand of a longer list; give that, and what is wrong with each of the others."""
    known = References(statements)
    refused = violations(statements, known)
    good = _without(range(len(statements)), refused)
    drafted = drafts([statements[index] for index in good], known)
    try:
        with transaction.atomic():
            return write(drafted, by=by), refused
    except SaidOtherwise as clash:
        refused += [replace(one, index=good[one.index]) for one in clash.refused]
        kept = _without(range(len(drafted)), clash.refused)
        return write([drafted[index] for index in kept], by=by), sorted(refused, key=attrgetter("index"))


def _without(indexes: Iterable[int], refused: Iterable[RefusedStatement]) -> list[int]:
    bad = {one.index for one in refused}
    return [index for index in indexes if index not in bad]


def write(drafted: Sequence[Draft], *, by, reason: str | None = None) -> Recorded:
    """Put rows into the ledger and fold the people they are about, who are held, inside the caller's transaction.

    reason: a code or reference for the history, never personal: the row can never be cleaned.
    """
    before = references_of(draft.key for draft in drafted) if drafted else {}
    fresh = _fresh(drafted, before)
    sealed = evidence.seal(fresh)
    try:
        with transaction.atomic():
            written = _insert(fresh, by=by, reason=reason)
    except IntegrityError as error:
        stands_now = references_of(draft.key for draft in drafted)  # of another person, written under one of these ids
        if not WrittenMeanwhile.is_told_by(error) or stands_now == before:
            raise
        return write(drafted, by=by, reason=reason)
    evidence.keep(sealed, written)
    positions = {key: position for key, (position, _body) in before.items()} | written
    touched = {draft.profile for draft in fresh}
    if touched:
        statistics.prepare("consents_consentrecord", "consents_historicalconsentrecord", count=len(touched))
        fold(touched)
        end_overrides_after_consent(touched)
    return Recorded(
        positions=[positions[draft.key] for draft in drafted],
        replayed=[draft.key in before for draft in drafted],
        profiles=touched,
    )


def _fresh(drafted: Sequence[Draft], before: dict) -> list[Draft]:
    """The drafts that say something new, one for each id; raises SaidOtherwise where an id says two things."""
    said = {key: body for key, (_position, body) in before.items()}
    fresh, clashes = {}, []
    for index, draft in enumerate(drafted):
        body = draft.row["body_digest"]
        if said.setdefault(draft.key, body) != body:
            clashes.append(
                RefusedStatement(index, Violation("/source_event_id", SaidOtherwise.code, SaidOtherwise.sentence))
            )
        elif draft.key not in before:
            fresh.setdefault(draft.key, draft)
    if clashes:
        raise SaidOtherwise(clashes)
    return list(fresh.values())


def _insert(fresh: Sequence[Draft], *, by, reason) -> dict[tuple[int, str], int]:
    if not fresh:
        return {}
    written = rows(
        _INSERT,
        {
            "rows": orjson.dumps([draft.row for draft in fresh], default=_as_bytea).decode(),
            "by": getattr(by, "pk", None),
            "reason": reason,
            "zone": settings.TIME_ZONE,
        },
    )
    return {(source, event): position for source, event, position in written}


def _as_bytea(value: bytes) -> str:
    return f"\\x{value.hex()}"


#: Columns of a ledger row that a decision brings, with their types in the database.
_BROUGHT = {
    "identity_ref": "uuid",
    "contact_ref": "uuid",
    "channel": "text",
    "purpose_id": "int",
    "controller_id": "int",
    "purpose_version_id": "int",
    "state": "text",
    "doi_pending": "boolean",
    "consent_type": "text",
    "effective_at": "timestamptz",
    "notice_version_id": "int",
    "language": "text",
    "jurisdiction": "text",
    "collection_point_id": "int",
    "trust": "text",
    "method": "text",
    "actor_kind": "text",
    "actor_ref": "text",
    "reason_code": "text",
    "source_id": "int",
    "source_event_id": "text",
    "record": "bigint",
    "supersedes": "bigint",
    "evidence_digest": "bytea",
    "file_import": "uuid",
    "row_number": "int",
    "body_digest": "bytea",
}

#: What the person decides about: the first entry of it is its beginning, the others are changes.
_CHOICE = "s.identity_ref, s.contact_ref, s.channel, s.purpose_id, s.controller_id"

# A validity of n months ends with the local day of the same number, or the last day of the month (half-open).
_INSERT = f"""
WITH said AS MATERIALIZED (
    SELECT row_number() OVER () AS nth, s.*
    FROM jsonb_to_recordset(%(rows)s::jsonb) AS s({", ".join(f"{name} {kind}" for name, kind in _BROUGHT.items())}))
INSERT INTO consents_historicalconsentrecord
    ({", ".join(_BROUGHT)}, validity_until, schema_version, history_type, history_user_id,
     history_change_reason)
SELECT {", ".join(f"s.{name}" for name in _BROUGHT)},
       CASE WHEN s.state IN ({listed(GRANTS)}) THEN (
           date_trunc('day', s.effective_at AT TIME ZONE %(zone)s) + make_interval(months => v.valid_months)
           + interval '1 day') AT TIME ZONE %(zone)s END,
       1,
       CASE WHEN row_number() OVER (PARTITION BY {_CHOICE} ORDER BY s.nth) > 1
              OR EXISTS (SELECT FROM consents_historicalconsentrecord h
                         WHERE h.identity_ref = s.identity_ref AND h.contact_ref IS NOT DISTINCT FROM s.contact_ref
                           AND h.channel = s.channel AND h.purpose_id = s.purpose_id
                           AND h.controller_id = s.controller_id) THEN '~' ELSE '+' END,
       %(by)s::uuid, %(reason)s
FROM said s LEFT JOIN consents_purposeversion v ON v.id = s.purpose_version_id
ORDER BY s.nth
RETURNING source_id, source_event_id, history_id
"""
