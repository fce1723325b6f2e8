"""What the page of an agreement shows."""

from itertools import groupby

from partners.admin import presenters
from partners.agreements import approvals
from partners.agreements.completeness import missing
from partners.agreements.lifecycle import PERMISSION
from partners.agreements.status import status
from partners.models import (
    Agreement,
    AgreementState,
    AgreementVersion,
    Delivery,
    InboundFile,
    VersionState,
)
from partners.models.agreements import Capacity

LISTED = 5
ARROWS = {"out": "→", "in": "←", "both": "⇄"}
UNFINISHED = (VersionState.DRAFT, VersionState.PROPOSED)


def context(agreement: Agreement, user, number: int | None) -> dict | None:
    """The context of `admin/partners/agreement/page.html`; None where there is no such version."""
    found = status(agreement)
    versions = _versions(agreement)
    version = _chosen(versions, found, number)
    if version is None:
        return None
    names = presenters.titles()
    return {
        "agreement": agreement,
        "status": found,
        "tone": presenters.TONES.get(found.code, "quiet"),
        "status_words": presenters.STATUS[found.code],
        "version": version,
        "version_tone": presenters.TONES.get(version.state, "quiet"),
        "newest": versions[0],
        "terms": _terms(version),
        "groups": _groups(version, names),
        "missing": missing(version) if version.state in UNFINISHED else [],
        "approvals": _approvals(version),
        "versions": _told(versions, names),
        "deliveries": Delivery.objects.filter(version__agreement=agreement).select_related("purpose")[:LISTED],
        "inbound": InboundFile.objects.filter(version__agreement=agreement).select_related("file_import", "purpose")[
            :LISTED
        ],
        "may": _rights(agreement, version, versions[0], user),
        "capacities": [(value, Capacity(value).label) for value in capacities(user)],
    }


def capacities(user) -> list[str]:
    """The capacities in which `user` may approve."""
    return [capacity for capacity, permission in PERMISSION.items() if user.has_perm(permission)]


def _versions(agreement: Agreement) -> list[AgreementVersion]:
    """Newest first."""
    found = agreement.versions.select_related("author", "agreement__partner").order_by("-number")
    return list(found.prefetch_related("purposes", "lines__purpose", "signatures__person"))


def _chosen(versions, found, number) -> AgreementVersion | None:
    """The version that was asked for, else the one in force, else the newest."""
    wanted = number or (found.version.number if found.allows else versions[0].number)
    return next((version for version in versions if version.number == wanted), None)


def _terms(version: AgreementVersion) -> list[dict]:
    """The terms that are single values, each with its title."""
    shown = [name for name in presenters.READ if name not in ("arrangement_ref", "relevance_note")]
    return [
        {"title": version._meta.get_field(name).verbose_name, "value": presenters.term(version, name)} for name in shown
    ]


def _groups(version: AgreementVersion, names: dict[str, str]) -> list[tuple]:
    """(purpose, its lines as rows) in order of the purposes."""
    lines = sorted(version.lines.all(), key=lambda line: (line.purpose.title, line.direction, line.field, line.form))
    rows = (
        {
            "purpose": line.purpose,
            "title": names.get(line.field, line.field),
            "code": line.field,
            "direction": presenters.direction(line),
            "arrow": ARROWS[line.direction],
            "form": line.get_form_display(),
            "max_rows": line.max_rows,
            "duties": line.duties,
        }
        for line in lines
    )
    return [(purpose, list(found)) for purpose, found in groupby(rows, key=lambda row: row["purpose"])]


def _approvals(version: AgreementVersion) -> list[dict]:
    """All approvals of this version, each with whether it counts for the present terms."""
    counted = {row.pk for row in approvals.standing([version])[version.pk]}
    given = sorted(version.signatures.all(), key=lambda row: (row.signed_at, row.pk))
    return [{"row": row, "counts": row.pk in counted} for row in given]


def _told(versions: list[AgreementVersion], names: dict[str, str]) -> list[dict]:
    """Versions, newest first, each with what it changed."""
    before = [*versions[1:], None]
    return [
        {
            "version": version,
            "tone": presenters.TONES.get(version.state, "quiet"),
            "changes": presenters.differences(old, version, names),
        }
        for version, old in zip(versions, before, strict=True)
    ]


def _rights(agreement: Agreement, version: AgreementVersion, newest: AgreementVersion, user) -> dict:
    """What `user` may do here now: the buttons. The verbs ask again."""
    keeps, signs = user.has_perm("partners.change_agreement"), bool(capacities(user))
    writes = keeps and version.state == VersionState.DRAFT and version.author_id == user.pk
    proposed, author = version.state == VersionState.PROPOSED, version.author_id == user.pk
    signed = any(
        row.person_id == user.pk for row in version.signatures.all() if row.terms_sha256 == version.terms_sha256
    )
    active, acts = agreement.state == AgreementState.ACTIVE, keeps or signs
    ended = agreement.state in (AgreementState.TERMINATED, AgreementState.WITHDRAWN)
    return {
        "edit": writes,
        "propose": writes,
        "approve": proposed and signs and not author and not signed,
        "is_author": proposed and author,
        "has_signed": proposed and signed,
        "send_back": proposed and acts,
        "activate": proposed and acts and not author,
        "new_version": keeps and not ended and newest.state not in UNFINISHED,
        "suspend": acts and active,
        "resume": user.has_perm(PERMISSION[Capacity.COMPLIANCE]) and agreement.state == AgreementState.SUSPENDED,
        "terminate": acts and agreement.state in (AgreementState.ACTIVE, AgreementState.SUSPENDED),
        "withdraw": acts and agreement.state == AgreementState.DRAFT,
        "deliver": active and user.has_perm("partners.request_delivery") and agreement.direction != "in",
        "receive": active and user.has_perm("partners.add_inboundfile") and agreement.direction != "out",
    }
