"""Agreements in words: fields by their titles, terms as a table, versions by what changed."""

from collections.abc import Iterable

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consents import badges
from consents.models import LegalBasis
from partners.agreements.terms import OPAQUE_ID, Column
from partners.models import AgreementVersion, Form, TermLine
from profiles.models import Attribute, Namespace

ROLES = [
    ("controller", gettext_lazy("controller")),
    ("joint_controller", gettext_lazy("joint controller")),
    ("processor", gettext_lazy("processor")),
]
#: How a status, a state of a version or of a delivery looks; what is not named is quiet.
TONES = {
    "in_force": "good",
    "ready": "good",
    "sent": "good",
    "approved": "good",
    "expiring": "warn",
    "not_yet": "warn",
    "proposed": "warn",
    "planned": "warn",
    "building": "warn",
    "suspended": "bad",
    "terminated": "bad",
    "expired": "bad",
    "unproven": "bad",
    "blocked": "bad",
    "failed": "bad",
}
STATUS = {
    "draft": gettext_lazy("draft"),
    "proposed": gettext_lazy("waits for approvals"),
    "not_yet": gettext_lazy("signed, not begun"),
    "in_force": gettext_lazy("in force"),
    "expiring": gettext_lazy("in force, ends soon"),
    "expired": gettext_lazy("expired"),
    "suspended": gettext_lazy("suspended"),
    "terminated": gettext_lazy("terminated"),
    "withdrawn": gettext_lazy("withdrawn"),
    "unproven": gettext_lazy("approvals do not verify"),
}
#: The terms of a version, in the order in which people read them.
READ = [
    "valid_from",
    "valid_until",
    "legal_basis",
    "our_role",
    "partner_role",
    "transfer_tool",
    "retention_days",
    "deletion_sla_hours",
    "min_cohort",
    "onward_sharing",
    "arrangement_ref",
    "relevance_note",
    "document_sha256",
]


def badge(code: str, words) -> str:
    """A state in words, with the tone of its code."""
    return badges.badge(TONES.get(code, "quiet"), words)


def attribute_codes() -> list[str]:
    return list(Attribute.objects.filter(active=True).values_list("code", flat=True))


def titles() -> dict[str, str]:
    """Code -> title of everything that a term may name, in the language of the reader."""
    found = {one.code: str(one) for one in Namespace.objects.order_by("priority")}
    found |= {one.code: str(one) for one in sorted(Attribute.objects.filter(active=True), key=str)}
    return {OPAQUE_ID: _("Opaque id"), **found}


def column(text: str, names: dict[str, str]) -> str:
    """A column of a delivery in words: `birth_date:bucketed` is "Date of birth, in bands"."""
    one = Column.parse(text)
    title = names.get(one.field, one.field)
    plain = one.form in (Form.CLEAR, Form.OPAQUE_ID)
    return title if plain else f"{title}, {Form(one.form).label}"


def term(version: AgreementVersion, name: str) -> str:
    """One term as people read it."""
    value = getattr(version, name)
    if name in ("valid_from", "valid_until"):
        return date_format(value, "DATE_FORMAT")
    if name == "legal_basis":
        return str(LegalBasis(value).label) if value in LegalBasis.values else _("not stated")
    if name in ("our_role", "partner_role"):
        return str(dict(ROLES).get(value, value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return str(value) if value != "" else "–"


def direction(one: TermLine) -> str:
    """Out, in or both ways, without the explanation behind the colon."""
    return one.get_direction_display().partition(":")[0]


def line(one: TermLine, names: dict[str, str]) -> str:
    """One line as a phrase: what, in which form, in which direction, for what."""
    words = {
        "field": names.get(one.field, one.field),
        "form": one.get_form_display(),
        "direction": direction(one),
        "purpose": one.purpose.title,
    }
    return _("%(field)s (%(form)s, %(direction)s, for %(purpose)s)") % words


def differences(old: AgreementVersion | None, new: AgreementVersion, names: dict[str, str]) -> list[dict]:
    """What `new` changes: {term, before, after} for a term, with an empty side for lines and purposes."""
    if old is None:
        return []
    changed = [
        {"term": new._meta.get_field(name).verbose_name, "before": term(old, name), "after": term(new, name)}
        for name in READ
        if getattr(old, name) != getattr(new, name)
    ]
    changed += _sets(_("purpose"), _purposes(old), _purposes(new))
    return changed + _sets(_("term"), _lines(old, names), _lines(new, names))


def _sets(word: str, before: Iterable[str], after: Iterable[str]) -> list[dict]:
    before, after = set(before), set(after)
    gone = [{"term": word, "before": text, "after": ""} for text in sorted(before - after)]
    return gone + [{"term": word, "before": "", "after": text} for text in sorted(after - before)]


def _purposes(version) -> list[str]:
    return [purpose.title for purpose in version.purposes.all()]


def _lines(version, names) -> list[str]:
    return [line(one, names) for one in version.lines.all()]
