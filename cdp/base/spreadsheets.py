"""CSV files, and their cells that a spreadsheet may open: made harmless on the way out, what they were on the way in.

A cell that begins with `= + - @`, a tab or a line end, also in full width or behind blanks, is a formula to one
spreadsheet or another. An apostrophe before it makes it text. The rule is one, but for a plain number with its sign,
such as a telephone number in E.164 or an amount, which is no formula, and where who reads the file decides:

- a machine needs `+4520123456` as it stands, so a file for machines (`inert`) leaves plain numbers alone;
- a spreadsheet drops the plus, shows twelve digits as 4.67E+11 and saves what it shows. A file that a person opens,
  and may correct and give back (`as_text`), has the apostrophe before numbers with a sign as well.

`original` takes the apostrophe away again, whichever of the two wrote it.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal

_FORMULA = re.compile(r"'*(?:\s*[=+\-@＝＋－＠]|[\t\r\n])")  # after apostrophes too, so that one of ours can be told
_NUMBER = re.compile(r"[+-][0-9]+(?:[.,][0-9]+)?")
CHUNK = 1 << 16
YES_NO = {True: "yes", False: "no"}


def inert(cell: str) -> str:
    """The cell as a machine takes it and no spreadsheet runs it."""
    return cell if _NUMBER.fullmatch(cell) else as_text(cell)


def as_text(cell: str) -> str:
    """The cell as a spreadsheet shows it unchanged, and saves it so that `original` gives it back."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def original(cell: str) -> str:
    """What `inert` or `as_text` was given."""
    return cell[1:] if cell[:1] == "'" and _FORMULA.match(cell) else cell


def csv_chunks(header: Iterable[str], rows: Iterable[Sequence[str]]) -> Iterator[bytes]:
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


def csv_bytes(header: Iterable[str], rows: Iterable[Sequence[str]]) -> bytes:
    """What `csv_chunks` are together."""
    return b"".join(csv_chunks(header, rows))


def cell_text(value) -> str:
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
