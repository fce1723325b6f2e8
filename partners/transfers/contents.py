"""What stands in a delivery: the cells of each person, in the agreed form.

Values that other partners told us are left blank unless their agreement lets them be shared on.
"""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

from cdp.base.spreadsheets import cell_text
from partners.agreements.terms import Column
from partners.models import Form
from profiles import vault
from profiles.models import Attribute
from profiles.models.reference import ValueType
from profiles.values import reading

#: Of what is told of a person: our own, and what its teller lets us share on.
OWN = """(record.party <= 1
    OR record.agreement_version IN (SELECT id FROM partners_agreementversion WHERE onward_sharing))"""
BAND_YEARS = 5
_READ = {ValueType.DATE: date.fromisoformat, ValueType.NUMBER: Decimal}


def lines(people: Sequence[UUID], columns: Sequence[Column], tokens: dict[UUID, str], reveal) -> list[list[str]]:
    """One row of cells for each person, in their order. `reveal` opens or masks a list of vault items."""
    values = reading.told(people, sorted({column.field for column in columns}), reveal, records=OWN)
    types = dict(Attribute.objects.values_list("code", "type"))
    return [
        [_cell(values[person].get(column.field), types.get(column.field), column, tokens[person]) for column in columns]
        for person in people
    ]


def opener(*, by, purpose: str):
    """A `reveal` that opens values in clear and logs it."""
    return partial(vault.open_values, by=by, action="partner_delivery", purpose=purpose)


def _cell(value, type: str | None, column: Column, token: str) -> str:
    if column.form == Form.OPAQUE_ID:
        return token
    if value is None:
        return ""
    return band(_typed(value, type)) if column.form == Form.BUCKETED else cell_text(value)


def _typed(value, type: str | None):
    """The value as its type; a mask stays as it is."""
    try:
        return _READ[type](value) if type in _READ else value
    except (ValueError, ArithmeticError):
        return value


def band(value) -> str:
    """A coarser value: five years for a date, the leading digit for a number, two characters for a postal code."""
    if isinstance(value, date):
        first = value.year - value.year % BAND_YEARS
        return f"{first}-{first + BAND_YEARS - 1}"
    if isinstance(value, Decimal):
        step = Decimal(10) ** max(value.adjusted(), 0)
        first = value // step * step
        return f"{first:f}-{first + step:f}"
    return f"{str(value)[:2]}…"
