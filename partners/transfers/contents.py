"""What stands in a delivery: the cells of each person, in the agreed form.

Values that other partners told us are left blank unless their agreement lets them be shared on.
"""

import json
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

from cdp.base.database import sql
from cdp.base.spreadsheets import cell_text
from partners.agreements.terms import Column
from partners.models import Form
from profiles import vault
from profiles.values.standing_facts import STANDING_IDENTIFIERS
from profiles.vault import Item

OWN = """(record.party <= 1
    OR record.agreement_version IN (SELECT id FROM partners_agreementversion WHERE onward_sharing))"""
VALUES = f"""
    SELECT golden.profile_id AS profile, attribute.code AS field, record.identity_id AS identity,
           CASE WHEN record.traits -> attribute.code ? 'key' THEN record.sealed END AS sealed,
           '{vault.DOCUMENT}' AS place, golden.text, golden.number, golden.date, golden.boolean, golden.items
    FROM profiles_goldenvalue golden
    JOIN profiles_attribute attribute ON attribute.id = golden.attribute_id
    JOIN profiles_record record ON record.id = golden.record_id
    WHERE golden.profile_id = ANY(%(people)s) AND attribute.code = ANY(%(fields)s) AND {OWN}
"""
_ASKED_ABOUT = """i.identity_id IN (SELECT id FROM profiles_sourceidentity WHERE profile_id = ANY(%(people)s))
        AND n.code = ANY(%(fields)s)"""
#: Of those that stand, one a kind: a verified one, then the newest. What was replaced does not leave.
IDENTIFIERS = f"""
    SELECT DISTINCT ON (identity.profile_id, identifier.namespace)
           identity.profile_id AS profile, identifier.namespace AS field, identifier.identity_id AS identity,
           identifier.sealed,
           '{vault.IDENTIFIER}' AS place
    FROM ({STANDING_IDENTIFIERS.format(only=_ASKED_ABOUT)}) identifier
    JOIN profiles_sourceidentity identity ON identity.id = identifier.identity_id
    JOIN profiles_record record ON record.id = identifier.record_id
    WHERE {OWN}
    ORDER BY identity.profile_id, identifier.namespace, identifier.verified DESC, identifier.observed_at DESC,
             identifier.record_id DESC, identifier.blind
"""

BAND_YEARS = 5


def lines(people: Sequence[UUID], columns: Sequence[Column], tokens: dict[UUID, str], reveal) -> list[list[str]]:
    """One row of cells for each person, in their order. `reveal` opens or masks a list of vault items."""
    values = _values(people, {column.field for column in columns}, reveal)
    return [
        [_cell(values.get((person, column.field)), column, tokens[person]) for column in columns] for person in people
    ]


def opener(*, by, purpose: str):
    """A `reveal` that opens values in clear and logs it."""
    return partial(vault.open_values, by=by, action="partner_delivery", purpose=purpose)


def _values(people, fields, reveal) -> dict:
    wanted = {"people": list(people), "fields": sorted(fields)}
    cells = sql.dicts(VALUES, wanted) + sql.dicts(IDENTIFIERS, wanted)
    found = {(cell["profile"], cell["field"]): _open(cell) for cell in cells if cell["sealed"] is None}
    personal = [cell for cell in cells if cell["sealed"] is not None]
    items = [Item(cell["identity"], cell["place"], cell["sealed"], cell["field"]) for cell in personal]
    for cell, value in zip(personal, reveal(items), strict=True):
        found[cell["profile"], cell["field"]] = value
    return found


def _open(cell: dict):
    if cell["items"] is not None:
        return json.loads(cell["items"])
    return next((cell[kind] for kind in ("text", "number", "date", "boolean") if cell[kind] is not None), None)


def _cell(value, column: Column, token: str) -> str:
    if column.form == Form.OPAQUE_ID:
        return token
    if value is None:
        return ""
    return band(value) if column.form == Form.BUCKETED else cell_text(value)


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
