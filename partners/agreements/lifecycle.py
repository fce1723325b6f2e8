"""Agreements and their versions: drafted, proposed, approved by two others, activated, ended.

Change is a new version. The tables hold the same rules (partners/models/agreements.py, partners/sql/terms.sql); here
they are said kindly first.
"""

from typing import NamedTuple

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.utils.translation import gettext_lazy as _

from cdp.base.database import sql
from cdp.base.database.history import one_change
from cdp.base.errors import OwnRequest, Refused, WrongState, stated
from partners.agreements import approvals
from partners.agreements.completeness import missing, missing_terms
from partners.models import (
    Agreement,
    AgreementState,
    AgreementVersion,
    Direction,
    Form,
    Partner,
    Signature,
    TermLine,
    VersionState,
)
from partners.models.agreements import Capacity
from profiles import changes
from profiles.changes import ChangeKind

#: The fields of a version that are its terms; lines and purposes belong to them too.
TERMS = (
    "legal_basis",
    "our_role",
    "partner_role",
    "arrangement_ref",
    "transfer_tool",
    "valid_from",
    "valid_until",
    "onward_sharing",
    "retention_days",
    "deletion_sla_hours",
    "min_cohort",
    "relevance_note",
    "document_sha256",
)
PERMISSION = {Capacity.BUSINESS: "partners.sign_business", Capacity.COMPLIANCE: "partners.sign_compliance"}


class NewTermLine(NamedTuple):
    """One permission to write into a draft; `purpose` is a consents.Purpose."""

    field: str
    purpose: object
    direction: str = Direction.OUT
    form: str = Form.CLEAR
    max_rows: int | None = None
    duties: tuple[str, ...] = ()


class NotTheAuthor(Refused):
    code = "not_the_author"
    status = 403
    sentence = _("Only its author changes a draft; make a new version of your own.")


class OwnVersion(OwnRequest):
    sentence = _("You wrote this version, so two others approve and activate it.")


class ApprovedAlready(Refused):
    code = "approved_already"
    sentence = _("You have approved these terms; the second approval comes from somebody else.")


class MayNotApprove(Refused):
    code = "may_not_approve"
    status = 403
    sentence = _("You have no right to approve in this capacity.")


class TermsChanged(Refused):
    code = "terms_changed"
    sentence = _("The terms are no longer those that you were shown. Read them again.")


class Incomplete(Refused):
    code = "agreement_incomplete"
    sentence = _("The agreement is not complete: %(items)s")


# --- Writing terms ----------------------------------------------------------------------------------------------


@transaction.atomic
def draft(
    *, partner: Partner, number, title, direction, purposes, lines, by, home_time_zone="Europe/Copenhagen", **terms
) -> AgreementVersion:
    """A new agreement with its first version. `lines` are `NewTermLine`s, `terms` the fields named in TERMS."""
    agreement = Agreement(
        partner=partner, number=number, title=title, direction=direction, owner=by, home_time_zone=home_time_zone
    )
    _change(agreement, AgreementState.DRAFT, "", by)
    return _written(AgreementVersion(agreement=agreement, number=1, author=by), by, purposes, lines, terms)


@transaction.atomic
def revise(version: AgreementVersion, *, by, purposes=None, lines=None, **terms) -> AgreementVersion:
    """Change a draft. Only its author may, so that nobody approves what they wrote themselves."""
    version = _locked_version(version, VersionState.DRAFT)
    if version.author_id != by.pk:
        raise NotTheAuthor
    return _written(version, by, purposes, lines, terms)


@transaction.atomic
def new_version(agreement: Agreement, *, by) -> AgreementVersion:
    """The newest version copied as a draft of `by`, to be changed and approved anew."""
    agreement = _locked_agreement(agreement, AgreementState.DRAFT, AgreementState.ACTIVE, AgreementState.SUSPENDED)
    last = agreement.versions.order_by("-number").first()
    lines = [
        NewTermLine(line.field, line.purpose, line.direction, line.form, line.max_rows, tuple(line.duties))
        for line in last.lines.select_related("purpose")
    ]
    terms = {name: getattr(last, name) for name in TERMS}
    copy = AgreementVersion(agreement=agreement, number=last.number + 1, author=by)
    return _written(copy, by, last.purposes.all(), lines, terms)


def _written(version, by, purposes, lines, terms) -> AgreementVersion:
    if unknown := terms.keys() - set(TERMS):
        raise TypeError(f"These are no terms: {sorted(unknown)}")
    for name, value in terms.items():
        setattr(version, name, value)
    version._history_user = by
    with one_change(version):
        version.save()
        if purposes is not None:
            version.purposes.set(purposes)
        if lines is not None:
            version.lines.all().delete()
            TermLine.objects.bulk_create(
                TermLine(version=version, **line._replace(duties=list(line.duties))._asdict()) for line in lines
            )
    return version


# --- Approving --------------------------------------------------------------------------------------------------


@transaction.atomic
def propose(version: AgreementVersion, *, by) -> AgreementVersion:
    """Freeze a complete draft and give it the digest that is approved."""
    version = _locked_version(version, VersionState.DRAFT)
    if version.author_id != by.pk:
        raise NotTheAuthor
    _refuse_gaps(missing_terms(version))
    version.terms_sha256 = approvals.digest_of(version)
    version.in_force = period(version.valid_from, version.valid_until, version.agreement.home_time_zone)
    version.proposed_at = _now()
    return _moved(version, VersionState.PROPOSED, by)


@transaction.atomic
def approve(version: AgreementVersion, *, by, capacity, note="", seen: str | None = None) -> Signature:
    """Approve exactly these terms. `seen` is the digest on the page that was read, where there is one."""
    version = _locked_version(version, VersionState.PROPOSED)
    if version.author_id == by.pk:
        raise OwnVersion
    if not by.has_perm(PERMISSION[Capacity(capacity)]):
        raise MayNotApprove
    if seen is not None and seen != version.terms_sha256:
        raise TermsChanged
    if version.signatures.filter(person=by, terms_sha256=version.terms_sha256).exists():
        raise ApprovedAlready
    return Signature.objects.create(
        version=version,
        person=by,
        capacity=capacity,
        terms_sha256=version.terms_sha256,
        reason=note,
        seal=approvals.seal(version.pk, by.pk, capacity, version.terms_sha256),
    )


@transaction.atomic
def send_back(version: AgreementVersion, *, by, reason: str) -> AgreementVersion:
    """Make a proposed version a draft again. Approvals of a changed text do not count: its digest differs."""
    version = _locked_version(version, VersionState.PROPOSED)
    version.terms_sha256, version.in_force, version.proposed_at = "", None, None
    return _moved(version, VersionState.DRAFT, by, stated(reason))


@transaction.atomic
def activate(version: AgreementVersion, *, by) -> AgreementVersion:
    """Bring an approved version into force; the one before it ends where this one begins."""
    agreement = _locked_agreement(version.agreement, AgreementState.DRAFT, AgreementState.ACTIVE)
    version = _locked_version(version, VersionState.PROPOSED)
    if version.author_id == by.pk:
        raise OwnVersion
    _refuse_gaps(missing(version))
    _supersede(agreement, version.in_force.lower, by)
    version.activated_at = _now()
    _moved(version, VersionState.IN_FORCE, by)
    version.agreement = _change(agreement, AgreementState.ACTIVE, "", by)
    return version


def _supersede(agreement, begins, by) -> None:
    """End every earlier version where the new one begins, at the earliest now."""
    end = max(begins, _now())
    for older in agreement.versions.filter(state=VersionState.IN_FORCE).select_for_update(of=["self"]):
        first, last = older.in_force.lower, older.in_force.upper
        older.in_force = DateTimeTZRange(first, max(first, min(last, end)))
        is_over = older.in_force.upper <= _now() or first >= end
        _moved(older, VersionState.SUPERSEDED if is_over else VersionState.IN_FORCE, by)


def _refuse_gaps(gaps) -> None:
    if gaps:
        errors = [{"pointer": f"/{gap.field}", "code": gap.code, "detail": gap.sentence} for gap in gaps]
        raise Incomplete(items=" ".join(gap.sentence for gap in gaps), errors=errors)


# --- Stopping ---------------------------------------------------------------------------------------------------


@transaction.atomic
def suspend(agreement: Agreement, *, by, reason: str) -> Agreement:
    """Stop all exchange under the agreement at once; its terms stand."""
    return _change(_locked_agreement(agreement, AgreementState.ACTIVE), AgreementState.SUSPENDED, stated(reason), by)


@transaction.atomic
def resume(agreement: Agreement, *, by, reason: str) -> Agreement:
    """Let a suspended agreement go on; compliance says so."""
    if not by.has_perm(PERMISSION[Capacity.COMPLIANCE]):
        raise MayNotApprove
    return _change(_locked_agreement(agreement, AgreementState.SUSPENDED), AgreementState.ACTIVE, stated(reason), by)


@transaction.atomic
def terminate(agreement: Agreement, *, by, reason: str) -> Agreement:
    """End the agreement for good, now."""
    agreement = _locked_agreement(agreement, AgreementState.ACTIVE, AgreementState.SUSPENDED)
    _supersede(agreement, _now(), by)
    return _change(agreement, AgreementState.TERMINATED, stated(reason), by)


@transaction.atomic
def withdraw(agreement: Agreement, *, by, reason: str) -> Agreement:
    """Put an agreement aside that never was in force."""
    return _change(_locked_agreement(agreement, AgreementState.DRAFT), AgreementState.WITHDRAWN, stated(reason), by)


# --- Time -------------------------------------------------------------------------------------------------------


def period(first, last, zone: str) -> DateTimeTZRange:
    """The instants of the local days `first` to `last`, both included, half-open; computed by the database."""
    return sql.value("SELECT partners_period(%s, %s, %s)", [first, last, zone])


def _now():
    """The instant at which this transaction began, by the database's clock."""
    return sql.value("SELECT now()")


# --- Small steps ------------------------------------------------------------------------------------------------


def _locked_version(version, *states) -> AgreementVersion:
    found = AgreementVersion.objects.select_related("agreement__partner").select_for_update(of=["self"])
    version = found.get(pk=version.pk)
    if version.state not in states:
        raise WrongState(state=version.get_state_display())
    return version


def _locked_agreement(agreement, *states) -> Agreement:
    agreement = Agreement.objects.select_for_update().get(pk=agreement.pk)
    if agreement.state not in states:
        raise WrongState(state=agreement.get_state_display())
    return agreement


def _change(agreement, state, reason, by) -> Agreement:
    agreement.state, agreement.state_reason = state, reason
    changes.record(kind=ChangeKind.AGREEMENT_MOVED, object=agreement.pk, what=[state])
    return _save(agreement, by, reason)


def _moved(version, state, by, reason="") -> AgreementVersion:
    version.state = state
    return _save(version, by, reason)


def _save(row, by, reason=""):
    """Save with its history: who, and why where it was said."""
    row._history_user, row._change_reason = by, reason or None
    row.save()
    return row
