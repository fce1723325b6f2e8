"""What a version permits: which field, for which purpose, in which direction and form."""

from collections.abc import Iterable
from functools import cached_property
from typing import NamedTuple

from django.utils.translation import gettext as _

from partners.models import AgreementVersion, Direction, Form, TermLine
from profiles.models import Attribute, Namespace
from profiles.models.reference import Classification, NamespaceRole, Normaliser, ValueType

OPAQUE_ID = "opaque_id"
POSTAL_CODE = "postal_code"
#: Forms that a file can hold. Keys for matching and totals are made by other means, never by a row-level file.
IN_FILES = (Form.CLEAR, Form.BUCKETED, Form.OPAQUE_ID)


class Column(NamedTuple):
    """One column of an exchange: a field in a form. Written `city`, `birth_date:bucketed` or `opaque_id`."""

    field: str
    form: str

    @classmethod
    def parse(cls, text: str) -> "Column":
        """`field` or `field:form`; `opaque_id` alone is the opaque id."""
        field, _colon, form = text.partition(":")
        return cls(field, form or (Form.OPAQUE_ID if field == OPAQUE_ID else Form.CLEAR))

    def __str__(self) -> str:
        plain = self.form == Form.CLEAR or self == (OPAQUE_ID, Form.OPAQUE_ID)
        return self.field if plain else f"{self.field}:{self.form}"

    @property
    def header(self) -> str:
        return str(self).replace(":", "_")


class Denial(NamedTuple):
    """Why something is not permitted: a stable code of the specification, the sentence, and the column concerned."""

    code: str
    sentence: str
    column: str = ""


class Terms:
    """The lines of one version, read once."""

    def __init__(self, version: AgreementVersion):
        self.version = version

    @cached_property
    def lines(self) -> list[TermLine]:
        return list(self.version.lines.select_related("purpose"))

    @cached_property
    def purposes(self) -> set:
        return set(self.version.purposes.values_list("pk", flat=True))

    def denials(self, *, direction: str, purpose, columns: Iterable[Column]) -> list[Denial]:
        """Every reason why `columns` may not go in `direction` for `purpose`; empty when all is agreed."""
        if not serves(self.version.agreement.direction, direction):
            return [Denial("wrong_direction", _("The agreement does not cover this direction."))]
        if purpose.pk not in self.purposes:
            sentence = _("The agreement does not cover the purpose %(purpose)s.") % {"purpose": purpose.title}
            return [Denial("purpose_not_agreed", sentence)]
        return [denial for column in columns if (denial := self._denial(direction, purpose, column))]

    def line(self, direction: str, purpose, column: Column) -> TermLine | None:
        """The line that permits `column`, or None."""
        return next((line for line in self._of(direction, purpose, column.field) if line.form == column.form), None)

    def most_rows(self, direction: str, purpose, columns: Iterable[Column]) -> int | None:
        """The strictest limit of rows among the lines of `columns`, or None."""
        lines = [self.line(direction, purpose, column) for column in columns]
        return min((line.max_rows for line in lines if line and line.max_rows is not None), default=None)

    def _denial(self, direction, purpose, column) -> Denial | None:
        lines = self._of(direction, purpose, column.field)
        if not lines:
            sentence = _("The agreement does not cover the field %(field)s for this purpose.")
            return Denial("field_not_agreed", sentence % {"field": column.field}, str(column))
        if all(line.form != column.form for line in lines):
            agreed = ", ".join(sorted({str(line.get_form_display()) for line in lines}))
            sentence = _("The field %(field)s is agreed only: %(agreed)s.") % {"field": column.field, "agreed": agreed}
            return Denial("form_not_allowed", sentence, str(column))
        return None

    def _of(self, direction, purpose, field) -> list[TermLine]:
        return [
            line
            for line in self.lines
            if line.field == field and line.purpose_id == purpose.pk and serves(line.direction, direction)
        ]


def serves(agreed: str, asked: str) -> bool:
    """Whether an agreed direction covers the one asked for."""
    return agreed in (asked, Direction.BOTH)


def problems(lines: Iterable[TermLine]) -> list[tuple[str, str]]:
    """(code, sentence) of each line that no agreement may have: unknown fields, special categories, national ids,
    forms that a field does not come in."""
    lines = list(lines)
    codes = {line.field for line in lines}
    attributes = {row.code: row for row in Attribute.objects.filter(code__in=codes)}
    namespaces = {row.code: row for row in Namespace.objects.filter(code__in=codes)}
    found = (
        _forbidden(line, attributes.get(line.field), namespaces.get(line.field))
        or _formless(line, attributes.get(line.field))
        for line in lines
    )
    return [problem for problem in found if problem]


def _forbidden(line, attribute, namespace) -> tuple[str, str] | None:
    place = {"field": line.field}
    if line.field == OPAQUE_ID:
        return None
    if attribute is None and namespace is None:
        return "unknown_field", _("%(field)s is no attribute and no identifier.") % place
    if attribute and attribute.classification == Classification.SPECIAL:
        return "special_category", _("%(field)s is of a special category (Art. 9) and is never shared.") % place
    if namespace and (namespace.normaliser == Normaliser.NATIONAL_ID or namespace.role == NamespaceRole.APART):
        return "never_shared", _("%(field)s is never shared with partners.") % place
    return None


def _formless(line, attribute) -> tuple[str, str] | None:
    if line.form in forms_of(line.field, attribute):
        return None
    place = {"field": line.field, "form": line.get_form_display()}
    return "line_form", _("%(field)s does not come in this form: %(form)s.") % place


def forms_of(field: str, attribute: Attribute | None) -> set[str]:
    """The forms that a field can be shared in; `attribute` is None for identifiers."""
    if field == OPAQUE_ID:
        return {Form.OPAQUE_ID}
    if attribute is None:
        return {Form.CLEAR, Form.KEYED_MATCH}
    in_bands = attribute.type in (ValueType.DATE, ValueType.NUMBER) or attribute.code == POSTAL_CODE
    return {Form.CLEAR, Form.AGGREGATED} | ({Form.BUCKETED} if in_bands else set())
