"""The exit to destinations: asked for, approved by a second person, and decided again for each person as it is written.

A run writes, in one transaction, the files, one delivered_person row per person (sent, removed, or left out with the
reason) and the manifest. Whoever was sent in the run before and is not now is removed.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from cdp.base.database import sql
from cdp.base.database.ids import uuid7
from cdp.base.errors import OwnRequest, Refused, WrongState, stated
from consents.permission import decision
from consents.permission.decision import Answer
from consents.permission.rules import question as permission_question
from consents.state.locks import profiles_of
from profiles import changes
from profiles.changes import ChangeKind
from profiles.values import reading
from profiles.vault.sealed_files import FileLost
from segments.activation import download_check, fields
from segments.activation.destinations import KINDS, DestinationFile, OutgoingTable, storage
from segments.language.parsing import read
from segments.language.sentence import sentence
from segments.membership import reach
from segments.models import (
    MOST_ALONE,
    Activation,
    ActivationState,
    Destination,
    Outcome,
    Run,
    RunState,
    Segment,
)


class NotComputed(Refused):
    """Members must belong to the definition in use."""

    code = "segment_not_computed"
    sentence = _("Compute the segment first: its members are not those of the definition in use.")


class DestinationClosed(Refused):
    code = "destination_closed"
    sentence = _("This destination is not active.")


class DefinitionChanged(Refused):
    """Others would leave than those whom the request, and its approval, were about."""

    code = "definition_changed"
    sentence = _("The definition has changed since this was asked for. Ask for the activation anew.")


class DestinationChanged(Refused):
    """Other fields would leave, or for something else, than the request and its approval were about."""

    code = "destination_changed"
    sentence = _("The destination has changed since this was asked for. Ask for the activation anew.")


class SecondPersonNeeded(Refused):
    """The segment was small when it was asked for, and is not any more."""

    code = "second_person_needed"
    sentence = _("There are %(members)s members now, so a second person approves. Ask for the activation anew.")


#: How long an approved activation waits for the one who asked for it to begin.
LEFT_TO_WHO_ASKED = timedelta(minutes=1)
#: What a destination takes, and for what.
TAKES = ("kind", "purpose_id", "channel", "fields")


# --- Asking and approving ---------------------------------------------------------------------------------------


@transaction.atomic
def request(*, segment: Segment, destination: Destination, by=None) -> Activation:
    """Plan to send `segment` to `destination`. Up to 500 members need no second person; `by` None is a service."""
    if not destination.active:
        raise DestinationClosed
    fields.refuse_forbidden(destination.fields)
    version = _computed_version(segment)
    members = reach.members_of(segment).count()
    activation = Activation.objects.create(
        segment=segment,
        destination=destination,
        version=version,
        members=members,
        state=ActivationState.APPROVED if members <= MOST_ALONE else ActivationState.WAITING,
        requested_by=by,
    )
    return _moved(activation)


def _moved(activation: Activation) -> Activation:
    changes.record(kind=ChangeKind.ACTIVATION_MOVED, object=activation.pk, what=[activation.state])
    return activation


def _computed_version(segment):
    last = Run.objects.filter(version__segment=segment, state=RunState.DONE).select_related("version").first()
    if last is None or last.version_id != segment.current_id:
        raise NotComputed
    return last.version


@transaction.atomic
def approve(activation: Activation, *, by) -> Activation:
    """A second person lets it run."""
    activation = _locked(activation, ActivationState.WAITING)
    if activation.requested_by_id == by.pk:
        raise OwnRequest(_("You asked for this activation, so somebody else approves it."))
    activation.approved_by, activation.state = by, ActivationState.APPROVED
    activation.save(update_fields=["approved_by", "state"])
    return _moved(activation)


@transaction.atomic
def cancel(activation: Activation, *, by, reason: str) -> Activation:
    """Give up an activation that has not run, and say why."""
    activation = _locked(activation, ActivationState.WAITING, ActivationState.APPROVED)
    activation.state, activation.error = ActivationState.CANCELLED, f"{by}: {stated(reason)}"
    activation.finished_at = timezone.now()
    activation.save(update_fields=["state", "error", "finished_at"])
    return _moved(activation)


# --- Running ----------------------------------------------------------------------------------------------------


def run(activation: Activation, *, by=None) -> Activation:
    """Write the files of an approved activation. by: who is named in the access log as the opener of values."""
    folder = str(uuid7())
    try:
        return _run(activation, folder, by)
    except BaseException as trouble:
        storage.folder(folder).remove_all()
        if isinstance(trouble, Exception):
            _stop(activation, str(trouble) if isinstance(trouble, Refused) else type(trouble).__name__)
        raise


@transaction.atomic
def left_behind() -> list[Activation]:
    """Approved ones that nobody writes, and whoever asked for them is not just about to: whose job was lost."""
    long_enough = timezone.now() - LEFT_TO_WHO_ASKED
    approved = Activation.objects.filter(state=ActivationState.APPROVED, requested_at__lt=long_enough)
    return list(approved.select_for_update(skip_locked=True).order_by("id"))


def purge(*, age: timedelta = timedelta(days=1)) -> None:
    """Delete files that no activation knows: of a process that was killed before it could commit."""
    for folder in storage.folders_older_than(age):
        if not Activation.objects.filter(stored_as=folder).exists():
            storage.folder(folder).remove_all()


@transaction.atomic
def _run(activation: Activation, folder: str, by) -> Activation:
    activation = _locked(activation, ActivationState.APPROVED)
    destination = _destination_as_asked(activation)
    fields.refuse_forbidden(destination.fields)
    asked = permission_question(destination.purpose.key, destination.channel)
    answers = decision.decide_many(reach.members_of(activation.segment), asked)
    _refuse_others_than_asked(activation, len(answers))
    sent, left_out, sheet = _chosen(answers, destination, by)
    last = _last(activation)
    removed = _sent_in(last) - sent.keys()
    files = KINDS[destination.kind].files(sent=sheet, removed=_taken_back(last, removed, sheet, by))
    _record_delivered_people(activation, sent, left_out, removed)
    _finish(activation, destination, folder, files, sent=sent, left_out=left_out, removed=removed)
    storage.store(folder, files)
    return activation


def _destination_as_asked(activation: Activation) -> Destination:
    """The destination, held. Raises DestinationClosed, DestinationChanged."""
    found = Destination.objects.select_related("purpose").select_for_update(of=("self",))
    destination = found.get(pk=activation.destination_id)
    if not destination.active:
        raise DestinationClosed
    known = destination.history.order_by("-history_id")
    asked = known.filter(history_date__lte=activation.requested_at).first() or known.last()
    if any(getattr(asked, name) != getattr(destination, name) for name in TAKES):
        raise DestinationChanged
    return destination


def _refuse_others_than_asked(activation: Activation, members: int) -> None:
    """Asked once the members are read: a computing that ends meanwhile is seen here."""
    if _computed_version(activation.segment).pk != activation.version_id:
        raise DefinitionChanged
    if activation.approved_by_id is None and members > MOST_ALONE:
        raise SecondPersonNeeded(members=members)


def _chosen(answers: list[Answer], destination: Destination, by):
    """({profile: answer}, {profile: reason}, the sheet). Without the address of its channel nobody is sent.

    An answer names an address only where the sheet holds it.
    """
    allowed = sorted((answer for answer in answers if answer.allowed), key=lambda answer: answer.profile)
    left_out = {answer.profile: answer.reason for answer in answers if not answer.allowed}
    purpose = str(destination.purpose.title)
    told = fields.values(allowed, fields=destination.fields, channel=destination.channel, by=by, purpose=purpose)
    addressed = fields.addresses(destination.fields, destination.channel)
    sent, rows = {}, []
    for answer in allowed:
        values = told[answer.profile]
        if any(values.get(field) is None for field in addressed):
            left_out[answer.profile] = "no_contact_point"
            continue
        sent[answer.profile] = answer if addressed else replace(answer, identifier=None)
        rows.append([f"prf_{answer.profile}", *(values.get(field) for field in destination.fields)])
    return sent, left_out, OutgoingTable([fields.REFERENCE, *destination.fields], rows)


def _last(activation: Activation) -> Activation | None:
    """The last finished run of this segment to this destination."""
    earlier = Activation.objects.filter(
        segment=activation.segment_id, destination=activation.destination_id, state=ActivationState.DONE
    )
    return earlier.select_related("segment", "destination__purpose").order_by("-finished_at").first()


def _sent_in(last: Activation | None) -> set[UUID]:
    return set(last.delivered_people.filter(outcome=Outcome.SENT).values_list("profile", flat=True)) if last else set()


def _taken_back(last: Activation | None, removed: set[UUID], going: OutgoingTable, by) -> OutgoingTable:
    """References of those to be removed, with the identifiers they went out with: the destination knows no others.

    An identifier that goes out now as well, such as that of a person who was merged since, is not taken back.
    """
    if not removed:
        return OutgoingTable([fields.REFERENCE], [])
    shipped = _shipped(last, removed, by)
    codes = fields.identifying(shipped.columns)
    stay = {code: going.column(code) for code in codes}
    rows = [
        [reference, *(None if cells[code] in stay[code] else cells[code] for code in codes)]
        for reference, cells in shipped.by_reference(f"prf_{one}" for one in sorted(removed))
    ]
    return OutgoingTable([fields.REFERENCE, *codes], rows)


def _shipped(last: Activation, removed: set[UUID], by) -> OutgoingTable:
    """The file of those who went then; where it is lost, what those to be removed are known by now."""
    about = f"{last.segment.key} to {last.destination.key}, activation {last.pk}"
    logged = {"by": by, "action": "activation_removal", "purpose": f"{last.destination.purpose.title}: {about}"}
    name, told = last.manifest["files"][0]["name"], last.manifest["fields"]
    try:
        content = storage.folder(last.stored_as).handed_out(name, identities=removed, fields=told, **logged)
    except FileLost:
        return _known_by(removed, fields.identifying(told), **logged)
    return KINDS[last.destination.kind].read(content)


def _known_by(people: set[UUID], codes: list[str], **logged) -> OutgoingTable:
    present = profiles_of(people)
    found = reading.opened(sorted(set(present.values())), codes, **logged)
    values = {one: found.get(present.get(one), {}) for one in people}
    rows = [[f"prf_{one}", *(known.get(code) for code in codes)] for one, known in values.items()]
    return OutgoingTable([fields.REFERENCE, *codes], rows)


def _record_delivered_people(activation, sent: dict, left_out: dict, removed: set) -> None:
    rows = [
        *((profile, Outcome.SENT.value, "", answer.position, answer.blind) for profile, answer in sent.items()),
        *((profile, Outcome.LEFT_OUT.value, reason, None, None) for profile, reason in left_out.items()),
        *((one, Outcome.REMOVED.value, left_out.get(one, "left_segment"), None, None) for one in removed),
    ]
    columns = ["activation_id", "profile", "outcome", "reason", "consent_position", "identifier"]
    sql.copy_in("segments_deliveredperson", columns, ((activation.pk, *row) for row in rows))


def _finish(activation, destination, folder: str, files: list[DestinationFile], *, sent, left_out, removed) -> None:
    by_reason = dict(Counter(left_out.values()))
    activation.state, activation.finished_at = ActivationState.DONE, timezone.now()
    activation.members = len(sent) + len(left_out)
    activation.sent, activation.removed, activation.left_out = len(sent), len(removed), by_reason
    activation.stored_as, activation.sha256 = folder, sha256(files[0].content).hexdigest()
    activation.manifest = _manifest(activation, destination, files, sent)
    activation.save()
    _moved(activation)
    question = reach.ReachQuestion(destination.purpose, destination.channel)
    reach.keep(activation.segment, question, reachable=len(sent), left_out=by_reason)


def _manifest(activation, destination, files, sent) -> dict:
    """What goes with the files, and stays as evidence of them."""
    segment = activation.segment
    return {
        "activation": str(activation.pk),
        "segment": segment.key,
        "definition": activation.version.number,
        "sentence": sentence(read(activation.version.definition)),
        "as_of": segment.computed_at.isoformat(),
        "destination": destination.key,
        "purpose": destination.purpose.key,
        "channel": destination.channel,
        "fields": destination.fields,
        "members": activation.members,
        "rows": activation.sent,
        "removed": activation.removed,
        "left_out": activation.left_out,
        "ledger_position": max((answer.position for answer in sent.values() if answer.position), default=None),
        "files": [
            {
                "name": file.name,
                "media_type": file.media_type,
                "rows": file.rows,
                "sha256": sha256(file.content).hexdigest(),
            }
            for file in files
        ],
        "written_at": activation.finished_at.isoformat(),
    }


@transaction.atomic
def download(activation: Activation, name: str, *, by, request_id: str = "") -> bytes:
    """One file in clear, for taking away: logged as an opening of the values of everybody in it.

    Raises `download_check.Superseded` or `download_check.FileOutdated` where those who go may not go any more.
    """
    about = f"{activation.segment.key} to {activation.destination.key}, activation {activation.pk}"
    return storage.folder(activation.stored_as).handed_out(
        name,
        by=by,
        action="activation_download",
        purpose=f"{activation.destination.purpose.title}: {about}",
        identities=download_check.people(activation, name),
        fields=activation.manifest["fields"],
        request_id=request_id,
    )


def _locked(activation: Activation, *states) -> Activation:
    found = Activation.objects.select_related("segment", "version", "destination").select_for_update(of=("self",))
    activation = found.get(pk=activation.pk)
    if activation.state not in states:
        raise WrongState(state=activation.get_state_display())
    return activation


@transaction.atomic
def _stop(activation: Activation, why: str) -> None:
    """A run that could not end voids its approval: it must be asked for anew."""
    stopped = Activation.objects.filter(pk=activation.pk, state=ActivationState.APPROVED)
    if stopped.update(state=ActivationState.FAILED, error=why, finished_at=timezone.now()):
        changes.record(kind=ChangeKind.ACTIVATION_MOVED, object=activation.pk, what=[ActivationState.FAILED])
