"""An entry of the ledger that was false from the start: it stays, and a later entry takes its effect away."""

from django.db import transaction

from consents import ledger, locks
from consents.decisions import Decision
from consents.drafts import Draft, digest, drafts
from consents.guards import problems
from consents.known import Known
from consents.models import ActorKind, Ledger, Method, Trust
from consents.refusals import NotRecorded, OtherChoice, OwnApproval, ReasonNeeded, UnknownEntry
from profiles.models import Source

_KEPT = ("subject_ref", "contact_ref", "channel", "purpose_id", "controller_id", "effective_at", "record")
_CHOICE = ("contact_ref", "channel", "purpose_id", "controller_id")


@transaction.atomic
def correct(*, entry: int, reason_code: str, by, approved_by, truth: Decision | None = None) -> ledger.Recorded:
    """Take the effect of `entry` away, for every time; `truth` is what the person really decided, if anything.

    Two people: one asks, another approves. Raises ReasonNeeded, OwnApproval, UnknownEntry, OtherChoice, NotRecorded.
    """
    if not reason_code.strip():
        raise ReasonNeeded
    if by == approved_by:
        raise OwnApproval
    false = Ledger.objects.filter(pk=entry).first()
    if false is None or Ledger.objects.filter(supersedes=entry).exists():
        raise UnknownEntry
    draft = _told(truth, false) if truth else _silence(false)
    draft.row |= {"supersedes": entry, "reason_code": reason_code} | _entered(entry)
    draft.row["body_digest"] = digest(draft.row)
    return ledger.write([draft], by=by, reason=f"approved by {approved_by.pk}")


def _silence(false: Ledger) -> Draft:
    """A pure correction: no state, so that the choice is as if the entry had never been."""
    kept = {column: getattr(false, column) for column in _KEPT}
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
            "evidence_digest": "",
        }
    )


def _told(truth: Decision, false: Ledger) -> Draft:
    known = Known([truth])
    if found := problems([truth], known):
        raise NotRecorded(found)
    (draft,) = drafts([truth], known)
    if any(draft.row[column] != getattr(false, column) for column in _CHOICE) or not _one_person(draft, false):
        raise OtherChoice
    return draft


def _one_person(draft: Draft, false: Ledger) -> bool:
    return len(set(locks.profiles_of([draft.subject_ref, false.subject_ref]).values())) == 1


def _entered(entry: int) -> dict:
    return {"source_id": Source.objects.get(code="steward").pk, "source_event_id": f"correction:{entry}"}
