"""Cells of files that spreadsheets may open: made inert on the way out, and what they were on the way in."""

import re

#: What a reject file has before the columns of the file that came.
REJECT_COLUMNS = ["kendt_row", "kendt_column", "kendt_code", "kendt_advice"]
FORMULA = re.compile("'*[=+\\-@\t\r\n＝＋－＠]")


def inert(cell: str) -> str:
    """The cell with an apostrophe before it, where a spreadsheet could take it for a formula."""
    return f"'{cell}" if FORMULA.match(cell) else cell


def original(cell: str) -> str:
    """What `inert` was given."""
    return cell[1:] if cell[:1] == "'" and FORMULA.match(cell) else cell
