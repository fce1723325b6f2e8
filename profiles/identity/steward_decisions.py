"""What stewards decide of people: evidence that is written once and folded; an earlier word is withdrawn by a later.

`identity` and `other` are ids of identities; a profile's id is the id of its oldest identity, so it may be given as
well.
"""

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cdp.base.database.sql import rows
from cdp.base.errors import Refused, stated
from profiles.identity import component, resolution
from profiles.models import Attribute, Identifier, Record, SharedIdentifier, SourceIdentity, StewardDecision
from profiles.models.evidence import DecisionKind
from profiles.models.reference import Verdict
from profiles.records import locks
from profiles.values.standing_facts import STANDING_DECISIONS

WHY = _("Say why: the reason is kept with the decision.")


class SameSubject(Refused):
    """One record cannot be compared with itself."""

    code = "same_subject"
    status = 422
    sentence = _("Choose two different records.")


class UnknownSubject(Refused):
    """There is no such record, or it was erased."""

    code = "unknown_subject"
    status = 404
    sentence = _("This person is not known, or was erased.")


class TestAndReal(Refused):
    """Test data never mixes with people."""

    code = "test_and_real"
    sentence = _("Test data and real people are never joined.")


class Contradicted(Refused):
    """The opposite was decided and stands."""

    code = "contradicted"
    sentence = _("The opposite was decided of these two and still stands. Withdraw that decision first.")


class NothingToSeparate(Refused):
    """The record is a person of its own."""

    code = "nothing_to_separate"
    sentence = _("This record is the only one of its profile.")


class AlreadyWithdrawn(Refused):
    """A decision is withdrawn once."""

    code = "already_withdrawn"
    sentence = _("This decision was withdrawn already.")


class NotADecision(Refused):
    """A withdrawal is final; the decision is taken again instead."""

    code = "not_a_decision"
    sentence = _("A withdrawal cannot be withdrawn. Decide anew.")


def same(*, identity: UUID, other: UUID, reason: str, by, expires_at: datetime | None = None) -> StewardDecision:
    """These two are one person, whatever a rule says. Deciding it again changes nothing."""
    return _decide(DecisionKind.SAME, DecisionKind.NOT_SAME, identity, other, reason, by, expires_at)


def not_same(*, identity: UUID, other: UUID, reason: str, by, expires_at: datetime | None = None) -> StewardDecision:
    """These two are different people: no rule joins them, directly or through others. Deciding it again is a no-op."""
    return _decide(DecisionKind.NOT_SAME, DecisionKind.SAME, identity, other, reason, by, expires_at)


@transaction.atomic
def separate(*, identity: UUID, reason: str, by) -> list[StewardDecision]:
    """This record is somebody else than every other record of its profile: one act, one `not same` for each of them."""
    reason = stated(reason, otherwise=WHY)
    _hold({identity})
    others = set(
        SourceIdentity.objects.filter(profile__identities=identity).exclude(pk=identity).values_list("pk", flat=True)
    )
    if not others:
        raise NothingToSeparate
    if _standing([identity]).filter(_between({identity}, others), kind=DecisionKind.SAME).exists():
        raise Contradicted
    decisions = [
        StewardDecision(kind=DecisionKind.NOT_SAME, identity_id=identity, other_id=other, reason=reason, decided_by=by)
        for other in sorted(others)
    ]
    StewardDecision.objects.bulk_create(decisions)
    resolution.resolve(identities={identity})
    return decisions


@transaction.atomic
def pin(
    *, record: Record, attribute: Attribute, reason: str, by, expires_at: datetime | None = None
) -> StewardDecision:
    """What `record` says of `attribute` stands, also against newer values, until the pin is withdrawn or expires."""
    reason = stated(reason, otherwise=WHY)
    decision = StewardDecision.objects.create(
        kind=DecisionKind.PIN,
        identity_id=record.identity_id,
        record=record,
        attribute=attribute,
        reason=reason,
        expires_at=expires_at,
        decided_by=by,
    )
    resolution.resolve(identities={record.identity_id})
    return decision


@transaction.atomic
def withdraw(*, decision: StewardDecision, reason: str, by) -> StewardDecision:
    """Undo: the decision stands no longer, nor what was decided in the same act, and the profiles are folded anew."""
    reason = stated(reason, otherwise=WHY)
    if decision.kind == DecisionKind.WITHDRAWN:
        raise NotADecision
    act = _act(decision)
    about = {identity for one in act for identity in (one.identity_id, one.other_id) if identity}
    _hold(about)
    if StewardDecision.objects.filter(withdraws=decision).exists():
        raise AlreadyWithdrawn
    withdrawals = [
        StewardDecision(
            kind=DecisionKind.WITHDRAWN, identity_id=one.identity_id, withdraws=one, reason=reason, decided_by=by
        )
        for one in act
    ]
    StewardDecision.objects.bulk_create(withdrawals)
    resolution.resolve(identities=about)
    return next(one for one in withdrawals if one.withdraws_id == decision.pk)


def _act(decision: StewardDecision) -> list[StewardDecision]:
    """What was decided in one act with `decision` and still stands: a separation is one row for each other record."""
    if decision.kind != DecisionKind.NOT_SAME:
        return [decision]
    same_act = {
        name: getattr(decision, name) for name in ("kind", "identity_id", "decided_by_id", "decided_at", "reason")
    }
    return list(StewardDecision.objects.filter(withdrawn_by=None, **same_act))


@transaction.atomic
def judge(
    *, shared: SharedIdentifier, verdict: Verdict, reason: str, by, expires_at: datetime | None = None
) -> SharedIdentifier:
    """Say what an identifier is: shared, private (an exception, for a time) or blocked; its people are folded."""
    reason = stated(reason, otherwise=WHY)
    shared.verdict, shared.reason, shared.expires_at = verdict, reason, expires_at
    shared._change_reason, shared._history_user = reason, by
    shared.save()
    locks.hold_values(own=[(shared.namespace_id, shared.blind)], others=[])  # before asking who has it
    having = Identifier.objects.filter(namespace=shared.namespace_id, blind=shared.blind)
    resolution.resolve(identities=set(having.values_list("identity", flat=True)))
    return shared


def standing(*, identities) -> list[StewardDecision]:
    """Decisions about any of `identities` that are neither withdrawn nor expired, newest first."""
    return list(_standing(identities).select_related("decided_by").order_by("-id"))


def _standing(identities):
    about = f"SELECT d.id FROM {STANDING_DECISIONS} AND (d.identity_id = ANY(%(them)s) OR d.other_id = ANY(%(them)s))"
    return StewardDecision.objects.filter(pk__in=[pk for (pk,) in rows(about, {"them": list(identities)})])


@transaction.atomic
def _decide(kind, opposite, identity: UUID, other: UUID, reason: str, by, expires_at) -> StewardDecision:
    reason = stated(reason, otherwise=WHY)
    _of_two(identity, other)
    _hold({identity, other})  # before reading: a colleague may decide the opposite now
    between = _standing([identity]).filter(_between({identity}, {other}))
    if between.filter(kind=opposite).exists():
        raise Contradicted
    if decided := between.filter(kind=kind).first():
        return decided
    decision = StewardDecision.objects.create(
        kind=kind, identity_id=identity, other_id=other, reason=reason, expires_at=expires_at, decided_by=by
    )
    resolution.resolve(identities={identity, other})
    return decision


def _hold(identities: set[UUID]) -> None:
    resolution.hold(identities, component.joining())


def _between(some: set[UUID], others: set[UUID]) -> Q:
    return Q(identity__in=some, other__in=others) | Q(identity__in=others, other__in=some)


def _of_two(identity: UUID, other: UUID) -> None:
    if identity == other:
        raise SameSubject
    kinds = list(SourceIdentity.objects.filter(pk__in=[identity, other]).values_list("is_test", flat=True))
    if len(kinds) < 2:
        raise UnknownSubject
    if kinds[0] != kinds[1]:
        raise TestAndReal
