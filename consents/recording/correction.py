"""An entry of the ledger that was false from the start: it stays, and a later entry takes its effect away.

One person asks (`request`), another decides (`approve`, `refuse`).
"""

from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_noop

from cdp.base.database import clock
from cdp.base.errors import stated
from consents.errors import AlreadyAsked, NotRecorded, OtherChoice, OwnCorrection, UnknownEntry
from consents.models import ActorKind, CorrectionRequest, Ledger, Method, Trust
from consents.models.ledger import LONGEST_REASON
from consents.recording import ledger
from consents.recording.entry import Draft, digest, drafts
from consents.recording.references import References
from consents.recording.statement import ConsentStatement
from consents.recording.validation import violations
from consents.state import past
from consents.state.locks import lock_present_profile, profiles_of
from profiles.identity import review_queue
from profiles.models import Source, WorkItem
from profiles.models.projection import WorkState

_KEPT = ("identity_ref", "contact_ref", "channel", "purpose_id", "controller_id", "effective_at", "record")
_CHOICE = ("contact_ref", "channel", "purpose_id", "controller_id")

#: What a steward is asked.
KIND = "consent_correction"
WAITING = gettext_noop("Somebody says that an entry of the ledger is false. A second person decides.")


@transaction.atomic
def request(*, entry: int, reason_code: str, by) -> CorrectionRequest:
    """Ask for the effect of `entry` to be taken away. Raises ReasonNeeded, UnknownEntry, AlreadyAsked."""
    reason_code = stated(reason_code, most=LONGEST_REASON)
    false = _counting(entry)
    if CorrectionRequest.objects.filter(entry=entry, decided_at=None).exists():
        raise AlreadyAsked
    asked = CorrectionRequest.objects.create(
        entry=entry, purpose_id=false.purpose_id, reason_code=reason_code, requested_by=by
    )
    review_queue.ask(KIND, WAITING, {str(asked.pk): false.identity_ref})
    return asked


@transaction.atomic
def approve(*, asked: CorrectionRequest, by) -> ledger.Recorded:
    """The second person agrees: the correction is written. Raises OwnCorrection, AlreadyAsked, UnknownEntry."""
    decided = _decide(asked, by, approved=True)
    return correct(
        entry=decided.entry, reason_code=decided.reason_code, by=decided.requested_by, approved_by=decided.decided_by
    )


@transaction.atomic
def refuse(*, asked: CorrectionRequest, by) -> CorrectionRequest:
    """The second person does not agree: the entry counts on. Raises OwnCorrection, AlreadyAsked."""
    return _decide(asked, by, approved=False)


def _decide(asked: CorrectionRequest, by, *, approved: bool) -> CorrectionRequest:
    found = CorrectionRequest.objects.select_for_update().get(pk=asked.pk)
    if found.decided_at:
        raise AlreadyAsked
    if found.requested_by_id == by.pk:
        raise OwnCorrection
    found.decided_by, found.decided_at, found.approved = by, clock.now(), approved
    found.save(update_fields=["decided_by", "decided_at", "approved"])
    WorkItem.objects.filter(kind=KIND, fingerprint=str(found.pk)).update(
        state=WorkState.DONE, closed_at=found.decided_at
    )
    return found


class Effect(NamedTuple):
    """The state of a choice now, and as if an entry about it had never been; "" where there is no record."""

    now: str
    then: str


def effect(entry: Ledger, profile: UUID) -> Effect:
    """What a correction of `entry` would change for the present person `profile`."""
    return Effect(*(_state(entry, profile, without) for without in (None, entry.pk)))


def _state(entry: Ledger, profile: UUID, without: int | None) -> str:
    choice = [getattr(entry, column) for column in _CHOICE]
    found = past.records([profile], as_of=timezone.now(), without=without)
    return next((row["state_then"] for row in found if [row[column] for column in _CHOICE] == choice), "")


@transaction.atomic
def correct(*, entry: int, reason_code: str, by, approved_by, truth: ConsentStatement | None = None) -> ledger.Recorded:
    """Take the effect of `entry` away, for every time; `truth` is what the person really decided, if anything.

    Two people: one asks, another approves. Raises ReasonNeeded, OwnCorrection, UnknownEntry, OtherChoice, NotRecorded.
    """
    reason_code = stated(reason_code, most=LONGEST_REASON)
    if by == approved_by:
        raise OwnCorrection
    false = _counting(entry)
    draft = _told(truth, false) if truth else _silence(false)
    draft.row |= {"supersedes": entry, "reason_code": reason_code} | _entered(entry)
    draft.row["body_digest"] = digest(draft.row)
    return ledger.write([draft], by=by, reason=f"approved by {approved_by.pk}")


def _counting(entry: int) -> Ledger:
    """The entry, as long as it counts: it exists, says something, and was not corrected. One at a time looks at it."""
    found = Ledger.objects.select_for_update(no_key=True).filter(pk=entry).exclude(state="").first()
    if found is None or Ledger.objects.filter(supersedes=entry).exists():
        raise UnknownEntry
    return found


def _silence(false: Ledger) -> Draft:
    """A pure correction: no state, so that the choice is as if the entry had never been."""
    kept = {column: getattr(false, column) for column in _KEPT}
    profile = lock_present_profile(false.identity_ref)
    return Draft(
        kept
        | {
            "purpose_version_id": None,
            "state": "",
            "doi_pending": False,
            "consent_type": false.consent_type,
            "notice_version_id": None,
            "language": "",
            "jurisdiction": false.jurisdiction,
            "collection_point_id": None,
            "trust": Trust.STAFF_ENTERED,
            "method": Method.STAFF,
            "actor_kind": ActorKind.STAFF,
            "actor_ref": "",
            "evidence_digest": b"",
        },
        profile,
    )


def _told(truth: ConsentStatement, false: Ledger) -> Draft:
    known = References([truth])
    if found := violations([truth], known):
        raise NotRecorded(found)
    (draft,) = drafts([truth], known)
    if any(draft.row[column] != getattr(false, column) for column in _CHOICE) or not _one_person(draft, false):
        raise OtherChoice
    return draft


def _one_person(draft: Draft, false: Ledger) -> bool:
    return len(set(profiles_of([draft.identity_ref, false.identity_ref]).values())) == 1


def _entered(entry: int) -> dict:
    return {"source_id": Source.objects.get(code="steward").pk, "source_event_id": f"correction:{entry}"}
