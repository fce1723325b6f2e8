"""What a version lacks before it may be proposed and activated, each item in words."""

from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.translation import gettext as _

from consents.models import LegalBasis
from partners.agreements import approvals, terms
from partners.models import AgreementVersion, Direction, Partner, PartnerStatus
from partners.models.agreements import Capacity

#: The European Economic Area: no transfer tool is needed to these countries.
EEA = frozenset(
    "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK".split()  # noqa: SIM905
)


class Missing(NamedTuple):
    """One thing that stands in the way: a stable code, the field it concerns, and a sentence."""

    code: str
    field: str
    sentence: str


def missing(version: AgreementVersion) -> list[Missing]:
    """Everything that keeps `version` from being activated now; empty when nothing does."""
    return [*missing_terms(version), *_missing_partner(version), *_missing_approvals(version)]


def missing_terms(version: AgreementVersion) -> list[Missing]:
    """What the terms themselves lack: what nobody should be asked to approve."""
    return [*_missing_basis(version), *_missing_lines(version), *_missing_period(version)]


def _missing_basis(version):
    if version.legal_basis not in LegalBasis.values:
        yield Missing("legal_basis", "legal_basis", _("The legal basis is not stated."))
    if not version.arrangement_ref.strip():
        yield Missing(
            "arrangement",
            "arrangement_ref",
            _("The essence of the arrangement (Art. 26) or the processor checklist (Art. 28) is not stated."),
        )
    if not version.relevance_note.strip():
        yield Missing("relevance", "relevance_note", _("Why this data is relevant for the purpose is not stated."))


def _missing_lines(version):
    purposes = set(version.purposes.values_list("pk", flat=True))
    lines = list(version.lines.select_related("purpose"))
    if not purposes:
        yield Missing("purposes", "purposes", _("No purpose is chosen."))
    if not lines:
        yield Missing("lines", "lines", _("No field is permitted: the list of terms is empty."))
    for title in sorted({line.purpose.title for line in lines if line.purpose_id not in purposes}):
        sentence = _("Terms name the purpose %(purpose)s, which the agreement does not have.") % {"purpose": title}
        yield Missing("line_purpose", "lines", sentence)
    for code, sentence in terms.problems(lines):
        yield Missing(code, "lines", sentence)


def _missing_partner(version):
    partner = version.agreement.partner
    if partner.status != PartnerStatus.APPROVED:
        sentence = _("The partner is %(status)s, not approved.") % {"status": partner.get_status_display()}
        yield Missing("partner_not_approved", "partner", sentence)
    if version.agreement.direction != Direction.IN and not partner.deletion_contact.strip():
        yield Missing("deletion_contact", "partner", _("The partner has no contact for deletions."))
    if lacks_transfer_tool(version, partner):
        sentence = _("The partner is outside the EEA (%(country)s) and no transfer tool is stated.")
        yield Missing("transfer_tool_missing", "transfer_tool", sentence % {"country": partner.country})


def lacks_transfer_tool(version: AgreementVersion, partner: Partner) -> bool:
    """Whether data would go outside the EEA without a tool of transfer (GDPR, Chapter V)."""
    return partner.country.upper() not in EEA and not version.transfer_tool.strip()


def _missing_period(version):
    if version.valid_until < timezone.localdate(timezone=ZoneInfo(version.agreement.home_time_zone)):
        yield Missing("period_over", "valid_until", _("The period is over."))


def _missing_approvals(version):
    rows = approvals.standing([version])[version.pk]
    if len(rows) < 2:
        sentence = _("%(count)d of two approvals by people who are not the author.") % {"count": len(rows)}
        yield Missing("approvals", "signatures", sentence)
    if not any(row.capacity == Capacity.COMPLIANCE for row in rows):
        yield Missing("compliance_approval", "signatures", _("The approval for compliance is missing."))
