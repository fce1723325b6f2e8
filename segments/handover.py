"""May a file that was written still leave? Asked at each download, of everybody who is in it."""

from uuid import UUID

from django.utils.translation import gettext_lazy as _

from cdp.kit.refused import Refused
from consents import decision
from consents.locks import profiles_of
from profiles.models import Profile, Subject
from segments.destinations import storage
from segments.models import Activation, ActivationState, Outcome


class Superseded(Refused):
    code = "file_superseded"
    sentence = _("A later run of this segment to this destination has replaced the file. Take the file of that run.")


class Outdated(Refused):
    """Since the file was written somebody withdrew, objected, was restricted, suppressed or erased."""

    code = "file_outdated"
    sentence = _(
        "%(lost)d of the %(all)d people in this file may no longer be in it, so nothing is handed out. "
        "Ask for a new run: it leaves them out, and takes them back from the destination."
    )


def people(activation: Activation, name: str) -> list[UUID]:
    """Who is in one file, by the ids it was written with. Raises FileLost, and why those who go may not any more.

    Those who are taken back stand in files of their own, which stay: without them nobody would be taken back.
    """
    listed = [file["name"] for file in activation.manifest.get("files", [])]
    if name not in listed:
        raise storage.FileLost
    goes = name == listed[0]
    outcome = Outcome.SENT if goes else Outcome.REMOVED
    found = list(activation.shipments.filter(outcome=outcome).values_list("profile", flat=True))
    if goes:
        _refuse_outdated(activation, found)
    return found


def withheld(activation: Activation) -> Refused | None:
    """Why the file of those who go does not leave, as far as it is known without asking about each person."""
    later = Activation.objects.filter(
        segment=activation.segment_id,
        destination=activation.destination_id,
        state=ActivationState.DONE,
        finished_at__gt=activation.finished_at,
    )
    return Superseded() if later.exists() else None


def _refuse_outdated(activation: Activation, sent: list[UUID]) -> None:
    """A person whose shipment was erased is in the file still, and counts as lost."""
    if refusal := withheld(activation):
        raise refusal
    may, present = _may_go(activation), profiles_of(sent)
    still = sum(present.get(person) in may for person in sent)
    if still < activation.sent:
        raise Outdated(lost=activation.sent - still, all=activation.sent)


def _may_go(activation: Activation) -> set[UUID]:
    """Of those who were sent, as they are now, the ones who could go now for what the file was written for."""
    shipped = activation.shipments.filter(outcome=Outcome.SENT).values("profile")
    now = Profile.objects.filter(pk__in=Subject.objects.filter(pk__in=shipped).values("profile"), is_test=False)
    asked = {"purpose": activation.manifest["purpose"], "channel": activation.manifest["channel"]}
    return {answer.profile for answer in decision.decide_many(now, **asked) if answer.allowed}
