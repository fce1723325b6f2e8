"""What an agreement is worth at an instant: derived from its state, its versions, its partner and its approvals."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cdp.base.database import clock
from partners.agreements import approvals
from partners.models import Agreement, AgreementState, AgreementVersion, PartnerStatus, VersionState

EXPIRING = timedelta(days=30)
SIGNED = (VersionState.IN_FORCE, VersionState.SUPERSEDED)  # a superseded version held until it was


class Status(NamedTuple):
    """`code` is stable, `sentence` translated; `version` is the one in force when `allows`, else the nearest one."""

    code: str
    sentence: str
    version: AgreementVersion | None = None

    @property
    def allows(self) -> bool:
        return self.code in ("in_force", "expiring")


def status(agreement: Agreement, *, as_of: datetime | None = None) -> Status:
    """The status of one agreement, now or at another instant."""
    return statuses([agreement], as_of=as_of)[agreement.pk]


def statuses(agreements: Iterable[Agreement], *, as_of: datetime | None = None) -> dict:
    """Agreement id -> Status, with the same number of statements for one or many."""
    as_of = as_of or clock.now()
    present = Agreement.objects.select_related("partner").in_bulk([agreement.pk for agreement in agreements])
    versions = defaultdict(list)
    for version in AgreementVersion.objects.filter(agreement__in=present).order_by("-number"):
        version.agreement = present[version.agreement_id]
        versions[version.agreement_id].append(version)
    signed = [version for found in versions.values() for version in found if version.state in SIGNED]
    proven = approvals.proven(signed)
    return {pk: _status(agreement, versions[pk], proven, as_of) for pk, agreement in present.items()}


def _status(agreement, versions, proven, as_of) -> Status:
    return _stopped(agreement, versions) or _signed(agreement, versions, proven, as_of) or _unsigned(versions)


def _stopped(agreement, versions) -> Status | None:
    newest = versions[0] if versions else None
    reason = {"reason": agreement.state_reason}
    if agreement.state == AgreementState.WITHDRAWN:
        return Status("withdrawn", _("Withdrawn before it was in force: %(reason)s") % reason, newest)
    if agreement.state == AgreementState.TERMINATED:
        return Status("terminated", _("Terminated: %(reason)s") % reason, newest)
    if agreement.state == AgreementState.SUSPENDED:
        return Status("suspended", _("Suspended: %(reason)s") % reason, newest)
    if agreement.state == AgreementState.ACTIVE and agreement.partner.status != PartnerStatus.APPROVED:
        where = {"partner": agreement.partner.public_name, "status": agreement.partner.get_status_display()}
        return Status("suspended", _("The partner %(partner)s is %(status)s.") % where, newest)
    return None


def _signed(agreement, versions, proven, as_of) -> Status | None:
    signed = [version for version in versions if version.state in SIGNED]
    if agreement.state != AgreementState.ACTIVE or not signed:
        return None
    standing = next((version for version in signed if holds(version, as_of)), None)
    if standing is None:
        return _out_of_time(signed, as_of)
    if standing.pk not in proven:
        sentence = _("The approvals of version %(number)s do not verify; nothing is exchanged.")
        return Status("unproven", sentence % {"number": standing.number}, standing)
    day = {"day": _last_day(standing), "zone": agreement.home_time_zone}
    if standing.in_force.upper - as_of <= EXPIRING:
        return Status("expiring", _("In force, and ends with %(day)s (%(zone)s).") % day, standing)
    return Status("in_force", _("In force to the end of %(day)s (%(zone)s).") % day, standing)


def holds(version: AgreementVersion, instant: datetime) -> bool:
    """Whether a signed version is in force at `instant`: half-open, and never before it was activated."""
    span = version.in_force
    return (
        version.state in SIGNED and not span.isempty and max(span.lower, version.activated_at) <= instant < span.upper
    )


def _out_of_time(signed, as_of) -> Status:
    coming = [version for version in signed if not version.in_force.isempty and version.in_force.lower > as_of]
    if coming:
        version = min(coming, key=lambda version: version.in_force.lower)
        day = date_format(_local(version.in_force.lower, version), "DATE_FORMAT")
        return Status("not_yet", _("Signed, and begins on %(day)s.") % {"day": day}, version)
    return Status("expired", _("Expired with %(day)s.") % {"day": _last_day(signed[0])}, signed[0])


def _unsigned(versions) -> Status:
    newest = versions[0] if versions else None
    if newest and newest.state == VersionState.PROPOSED:
        return Status("proposed", _("Proposed: waits for approvals and activation."), newest)
    return Status("draft", _("A draft: nothing may be exchanged."), newest)


def _last_day(version) -> str:
    """The last local day of the period, as people write it."""
    if version.in_force.isempty:
        return date_format(version.valid_from, "DATE_FORMAT")
    return date_format(_local(version.in_force.upper - timedelta(microseconds=1), version), "DATE_FORMAT")


def _local(instant, version):
    return instant.astimezone(ZoneInfo(version.agreement.home_time_zone))
