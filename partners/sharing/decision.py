"""May these people's fields go to this partner, for this purpose, now? Asked by every preview and every file.

The agreement is asked first, once; then `consents.permission.decision` for each person, naming the partner as
recipient.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.errors import Refused
from consents.models import Channel, LegalBasis
from consents.permission import decision
from consents.permission.rules import question
from partners.agreements.completeness import lacks_transfer_tool
from partners.agreements.status import Status, status
from partners.agreements.terms import IN_FILES, Column, Denial, Terms
from partners.models import Agreement, AgreementVersion, Direction
from profiles.models import Profile

#: What a status that allows nothing is called as a reason.
NOT_SHARED = {
    "draft": "no_agreement",
    "proposed": "no_agreement",
    "withdrawn": "no_agreement",
    "suspended": "suspended",
}


class NotPermitted(Refused):
    """The agreement forbids what was asked for; each reason is in `errors`, the first gives the code."""

    sentence = gettext_lazy("This may not be shared: %(reasons)s")

    def __init__(self, denials):
        errors = [
            {"pointer": f"/{denial.column}", "code": denial.code, "detail": denial.sentence} for denial in denials
        ]
        super().__init__(errors=errors, reasons=" ".join(denial.sentence for denial in denials))
        self.code = denials[0].code


@dataclass(frozen=True)
class Ruling:
    """`denials` concern everybody; where there are none, `allowed` maps each person who may be shared to the position
    of their consent in the ledger (None: another legal basis), and `left_out` counts the others by reason."""

    version: AgreementVersion | None
    denials: list[Denial]
    planned: int = 0
    allowed: dict[UUID, int | None] = field(default_factory=dict)
    left_out: Counter = field(default_factory=Counter)

    @property
    def is_allowed(self) -> bool:
        return not self.denials


def decide(people, *, agreement: Agreement, purpose, columns: Iterable[str]) -> Ruling:
    """Judge `people` (a queryset of Profile, or profile ids) for one delivery out under `agreement`.

    columns: such as `city`, `birth_date:bucketed`, `opaque_id`.
    """
    current, asked, denials = _judged(agreement, purpose, columns)
    if denials:
        return Ruling(current.version, denials)
    leaving = question(purpose.key, Channel.NONE, recipient=agreement.partner.public_name)
    answers = decision.decide_many(_real(people), leaving)
    ruling = _sorted(current.version, answers)
    return _within_limits(ruling, Terms(current.version), purpose, asked)


def denials(*, agreement: Agreement, purpose, columns: Iterable[str]) -> list[Denial]:
    """What forbids such a delivery now, whoever the people are; empty when the agreement permits it."""
    return _judged(agreement, purpose, columns)[-1]


def _judged(agreement, purpose, columns) -> tuple[Status, list[Column], list[Denial]]:
    asked = [Column.parse(text) for text in columns]
    current = status(agreement)
    return current, asked, judge(current, agreement=agreement, purpose=purpose, columns=asked, direction=Direction.OUT)


def _real(people) -> QuerySet:
    """Test people are never shared."""
    found = people if isinstance(people, QuerySet) else Profile.objects.filter(pk__in=set(people))
    return found.filter(is_test=False)


def judge(current: Status, *, agreement: Agreement, purpose, columns: list[Column], direction: str) -> list[Denial]:
    """What the agreement says of an exchange, whoever the people are; empty when it permits it."""
    if not current.allows:
        return [Denial(NOT_SHARED.get(current.code, "not_in_force"), current.sentence)]
    if direction == Direction.OUT and lacks_transfer_tool(current.version, agreement.partner):
        return [Denial("transfer_tool_missing", _("The partner is outside the EEA and no transfer tool is stated."))]
    denials = Terms(current.version).denials(direction=direction, purpose=purpose, columns=columns)
    return denials or [_not_made(column) for column in columns if column.form not in IN_FILES]


def _not_made(column: Column) -> Denial:
    sentence = _("A file of rows does not hold %(column)s in this form.") % {"column": column.field}
    return Denial("form_not_allowed", sentence, str(column))


def _sorted(version: AgreementVersion, answers: list[decision.Answer]) -> Ruling:
    """Those allowed and the others by reason. Where the agreement rests on consent, silence is no."""
    needs_yes = version.legal_basis == LegalBasis.CONSENT
    allowed, left_out = {}, Counter()
    for answer in answers:
        if not answer.allowed:
            left_out[answer.reason] += 1
        elif needs_yes and answer.position is None:
            left_out["consent_missing"] += 1
        else:
            allowed[answer.profile] = answer.position
    return Ruling(version, [], len(answers), allowed, left_out)


def _within_limits(ruling: Ruling, terms: Terms, purpose, columns) -> Ruling:
    """Refuse groups that are too small or larger than agreed."""
    smallest, count = ruling.version.min_cohort, len(ruling.allowed)
    if count < smallest:
        sentence = _("%(count)d people may be shared; the agreement asks for at least %(smallest)d.")
        ruling.denials.append(Denial("cohort_too_small", sentence % {"count": count, "smallest": smallest}))
    most = terms.most_rows(Direction.OUT, purpose, columns)
    if most is not None and count > most:
        sentence = _("%(count)d people may be shared; the agreement allows at most %(most)d rows.")
        ruling.denials.append(Denial("too_many_rows", sentence % {"count": count, "most": most}))
    return ruling
