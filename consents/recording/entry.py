"""A decision on its way into the ledger: the row that it becomes."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC
from uuid import UUID

import orjson

from consents.models import Method, State, Trust
from consents.recording.references import References
from consents.recording.statement import ConsentStatement
from consents.state import contact_points
from profiles import vault
from profiles.models.sources import Party, SourceKind
from profiles.records.locks import hold_people


@dataclass
class Draft:
    """A row of the ledger in the making, the profile whom it is about, who is held, and the evidence beside it."""

    row: dict
    profile: UUID
    evidence: bytes | None = None
    evidence_type: str = ""

    @property
    def identity_ref(self) -> UUID:
        return self.row["identity_ref"]

    @property
    def key(self) -> tuple[int, str]:
        return self.row["source_id"], self.row["source_event_id"]


def drafts(statements: Sequence[ConsentStatement], known: References) -> list[Draft]:
    """The rows that `statements` become; they have passed the guards. Their people are held from now on."""
    held = hold_people(known.person(statement)[0].identity for statement in statements)
    points = [known.contact(statement) for statement in statements]
    refs = contact_points.refs(point for point in points if point)
    return [
        _draft(statement, known, held, refs.get(point)) for statement, point in zip(statements, points, strict=True)
    ]


def _draft(
    statement: ConsentStatement, known: References, held: Mapping[UUID, UUID], contact_ref: UUID | None
) -> Draft:
    purpose, source = known.purposes[statement.purpose], known.sources[statement.source]
    point, notice = known.points.get(statement.collection_point), known.notices.get(statement.notice)
    version = known.version(purpose, notice, statement.effective_at)
    waits = _waits_for_confirmation(statement, point)
    row = {
        "identity_ref": known.person(statement)[0].identity,
        "contact_ref": contact_ref,
        "channel": statement.channel,
        "purpose_id": purpose.pk,
        "controller_id": known.controllers[statement.controller].pk,
        "purpose_version_id": version and version.pk,
        "state": State.REQUESTED if waits else statement.state,
        "doi_pending": waits,
        "consent_type": statement.consent_type,
        "effective_at": statement.effective_at.astimezone(UTC),
        "notice_version_id": notice and notice.pk,
        "language": statement.language or (notice.language if notice else ""),
        "jurisdiction": statement.jurisdiction,
        "collection_point_id": point and point.pk,
        "trust": point.trust if point else _trust(source),
        "method": statement.method,
        "actor_kind": statement.actor_kind,
        "actor_ref": statement.actor_ref,
        "reason_code": statement.reason_code,
        "source_id": source.pk,
        "source_event_id": statement.source_event_id,
        "record": statement.record,
        "supersedes": None,
        "evidence_digest": b"",
    }
    row["body_digest"] = digest(row | _sealed_parts(statement))
    return Draft(row | _row(statement), held[row["identity_ref"]], statement.evidence, statement.evidence_type)


def digest(body: dict) -> bytes:
    """Keyed digest of what a decision says, so that a second copy is known as one without being read.

    128 bits are enough, as for a blind index: it is compared only with that of the same id at the same source.
    """
    return vault.digest("decision", orjson.dumps(body, default=str, option=orjson.OPT_SORT_KEYS))[:16]


def _sealed_parts(statement: ConsentStatement) -> dict:
    return {"evidence": vault.digest("evidence", statement.evidence).hex() if statement.evidence else ""}


def _row(statement: ConsentStatement) -> dict:
    """Where it was reported; not what it says, for the same row may come again in another file."""
    return {"file_import": statement.row.file_import, "row_number": statement.row.number} if statement.row else {}


def _waits_for_confirmation(statement: ConsentStatement, point) -> bool:
    """The first step of a double opt-in: asked, not given, until the link is followed."""
    return bool(statement.grants and point and point.needs_double_opt_in and statement.method != Method.LINK)


def _trust(source) -> str:
    """How directly a source hears the person, where no collection point says so."""
    if source.party >= Party.SECOND:
        return Trust.PARTNER_ASSERTED
    return Trust.STAFF_ENTERED if source.kind == SourceKind.STAFF else Trust.SUBJECT_DIRECT
