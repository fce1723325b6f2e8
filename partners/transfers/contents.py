"""What stands in a delivery: the cells of each person, in the agreed form, and the file itself.

Values that other partners told us are left blank unless their agreement lets them be shared on.
"""

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import partial
from uuid import UUID

from cdp.base.database import sql
from cdp.base.spreadsheets import inert
from partners.agreements.terms import Column
from partners.models import Form
from profiles import vault
from profiles.records.current import STANDING_IDENTIFIERS
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
    SELECT DISTINCT ON (identity.profile_id, namespace.code)
           identity.profile_id AS profile, namespace.code AS field, identifier.identity_id AS identity,
           identifier.sealed,
           'profiles_identifier.sealed' AS place
    FROM ({STANDING_IDENTIFIERS.format(only=_ASKED_ABOUT)}) identifier
    JOIN profiles_sourceidentity identity ON identity.id = identifier.identity_id
    JOIN profiles_record record ON record.id = identifier.record_id
    JOIN profiles_namespace namespace ON namespace.id = identifier.namespace_id
    WHERE {OWN}
    ORDER BY identity.profile_id, namespace.code, identifier.verified DESC, identifier.observed_at DESC,
             identifier.id DESC
"""

#: Forms that a file can hold. Keys for matching and totals are made by other means, never by a row-level file.
IN_FILES = (Form.CLEAR, Form.BUCKETED, Form.OPAQUE_ID)
BAND_YEARS = 5
CHUNK = 1 << 16
YES_NO = {True: "yes", False: "no"}


def lines(people: Sequence[UUID], columns: Sequence[Column], tokens: dict[UUID, str], reveal) -> list[list[str]]:
    """One row of cells for each person, in their order. `reveal` opens or masks a list of vault items."""
    values = _values(people, {column.field for column in columns}, reveal)
    return [
        [_cell(values.get((person, column.field)), column, tokens[person]) for column in columns] for person in people
    ]


def opener(*, by, purpose: str):
    """A `reveal` that opens values in clear and logs it."""
    return partial(vault.open_values, by=by, action="partner_delivery", purpose=purpose)


def chunks(header: Iterable[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
    """An RFC 4180 file in UTF-8 with one header row, piece by piece; no cell is a formula to a spreadsheet."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(header)
    for row in rows:
        writer.writerow([inert(cell) for cell in row])
        if out.tell() > CHUNK:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    text = out.getvalue()
    out.seek(0)
    out.truncate()
    return text.encode()


def written(header: Iterable[str], rows: Iterable[Sequence[str]]) -> bytes:
    """What `chunks` are together."""
    return b"".join(chunks(header, rows))


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
    return band(value) if column.form == Form.BUCKETED else text(value)


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


def text(value) -> str:
    """A value as files have it: yes or no, ISO dates, plain numbers, lists with semicolons; empty for None."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return YES_NO[value]
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "; ".join(map(str, value)) if isinstance(value, list) else str(value)
