"""May a file that was written still leave? Asked at each download, of everybody who is in it."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused
from consents.permission import decision
from consents.permission.rules import question
from consents.state.locks import profiles_of
from profiles.models import Profile, SourceIdentity
from profiles.vault.sealed_files import FileLost
from segments.models import Activation, ActivationState, Outcome


class Superseded(Refused):
    code = "file_superseded"
    sentence = _("A later run of this segment to this destination has replaced the file. Take the file of that run.")


class FileOutdated(Refused):
    """Since the file was written somebody withdrew, objected, was restricted, suppressed or erased, for the address
    that is in it at least."""

    code = "file_outdated"
    sentence = _(
        "%(lost)d of the %(all)d people in this file may no longer be in it as it stands, so nothing is handed out. "
        "Ask for a new run: it decides about each of them again, and takes back who may not go."
    )


def people(activation: Activation, name: str) -> list[UUID]:
    """Who is in one file, by the ids it was written with. Raises FileLost, and why those who go may not any more.

    Those who are taken back stand in files of their own, which stay: without them nobody would be taken back.
    """
    listed = [file["name"] for file in activation.manifest.get("files", [])]
    if name not in listed:
        raise FileLost
    goes = name == listed[0]
    outcome = Outcome.SENT if goes else Outcome.REMOVED
    found = dict(activation.delivered_people.filter(outcome=outcome).values_list("profile", "identifier"))
    if goes:
        _refuse_outdated(activation, found)
    return list(found)


def withheld(activation: Activation) -> Refused | None:
    """Why the file of those who go does not leave, as far as it is known without asking about each person."""
    later = Activation.objects.filter(
        segment=activation.segment_id,
        destination=activation.destination_id,
        state=ActivationState.DONE,
        finished_at__gt=activation.finished_at,
    )
    return Superseded() if later.exists() else None


def _refuse_outdated(activation: Activation, sent: dict[UUID, UUID | None]) -> None:
    """sent: {person: blind index of the address that went}. Whose row was erased is in the file, and counts as lost."""
    if refusal := withheld(activation):
        raise refusal
    may, present = _may_go(activation), profiles_of(sent)
    still = [(went, may[present[person]]) for person, went in sent.items() if present.get(person) in may]
    lost = activation.sent - len(still) + sum(went not in (None, goes) for went, goes in still)
    if lost:
        raise FileOutdated(lost=lost, all=activation.sent)


def _may_go(activation: Activation) -> dict[UUID, UUID | None]:
    """{profile: blind index of the address} of those who were sent, as they are now, and could go now for what the file
    was written.
    """
    shipped = activation.delivered_people.filter(outcome=Outcome.SENT).values("profile")
    now = Profile.objects.filter(pk__in=SourceIdentity.objects.filter(pk__in=shipped).values("profile"), is_test=False)
    asked = question(activation.manifest["purpose"], activation.manifest["channel"])
    return {answer.profile: answer.blind for answer in decision.decide_many(now, asked) if answer.allowed}
