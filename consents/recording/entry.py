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


def drafts(decisions: Sequence[ConsentStatement], known: References) -> list[Draft]:
    """The rows that `decisions` become; they have passed the guards. Their people are held from now on."""
    held = hold_people(known.person(decision)[0].identity for decision in decisions)
    points = [known.contact(decision) for decision in decisions]
    refs = contact_points.refs(point for point in points if point)
    return [_draft(decision, known, held, refs.get(point)) for decision, point in zip(decisions, points, strict=True)]


def _draft(decision: ConsentStatement, known: References, held: Mapping[UUID, UUID], contact_ref: UUID | None) -> Draft:
    purpose, source = known.purposes[decision.purpose], known.sources[decision.source]
    point, notice = known.points.get(decision.collection_point), known.notices.get(decision.notice)
    version = known.version(purpose, notice, decision.effective_at)
    waits = _waits_for_confirmation(decision, point)
    row = {
        "identity_ref": known.person(decision)[0].identity,
        "contact_ref": contact_ref,
        "channel": decision.channel,
        "purpose_id": purpose.pk,
        "controller_id": known.controllers[decision.controller].pk,
        "purpose_version_id": version and version.pk,
        "state": State.REQUESTED if waits else decision.state,
        "doi_pending": waits,
        "consent_type": decision.consent_type,
        "effective_at": decision.effective_at.astimezone(UTC),
        "notice_version_id": notice and notice.pk,
        "language": decision.language or (notice.language if notice else ""),
        "jurisdiction": decision.jurisdiction,
        "collection_point_id": point and point.pk,
        "trust": point.trust if point else _trust(source),
        "method": decision.method,
        "actor_kind": decision.actor_kind,
        "actor_ref": decision.actor_ref,
        "reason_code": decision.reason_code,
        "source_id": source.pk,
        "source_event_id": decision.source_event_id,
        "record": decision.record,
        "supersedes": None,
        "evidence_digest": b"",
    }
    row["body_digest"] = digest(row | _sealed_parts(decision))
    return Draft(row | _row(decision), held[row["identity_ref"]], decision.evidence, decision.evidence_type)


def digest(body: dict) -> bytes:
    """Keyed digest of what a decision says, so that a second copy is known as one without being read.

    128 bits are enough, as for a blind index: it is compared only with that of the same id at the same source.
    """
    return vault.digest("decision", orjson.dumps(body, default=str, option=orjson.OPT_SORT_KEYS))[:16]


def _sealed_parts(decision: ConsentStatement) -> dict:
    return {"evidence": vault.digest("evidence", decision.evidence).hex() if decision.evidence else ""}


def _row(decision: ConsentStatement) -> dict:
    """Where it was reported; not what it says, for the same row may come again in another file."""
    return {"file_import": decision.row.file_import, "row_number": decision.row.number} if decision.row else {}


def _waits_for_confirmation(decision: ConsentStatement, point) -> bool:
    """The first step of a double opt-in: asked, not given, until the link is followed."""
    return bool(decision.grants and point and point.needs_double_opt_in and decision.method != Method.LINK)


def _trust(source) -> str:
    """How directly a source hears the person, where no collection point says so."""
    if source.party >= Party.SECOND:
        return Trust.PARTNER_ASSERTED
    return Trust.STAFF_ENTERED if source.kind == SourceKind.STAFF else Trust.SUBJECT_DIRECT
