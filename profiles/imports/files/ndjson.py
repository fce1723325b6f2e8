"""NDJSON: one object a line; members of members are columns named by dots, lists stay JSON text."""

import json
from collections.abc import Iterator
from typing import BinaryIO

from profiles.imports.files.formats import Format
from profiles.imports.files.lines import Lines
from profiles.imports.files.rows import COLUMN_LIMIT, BadRow, Fault, Row

BLANK = "\ufeff \t\r\n"


def opened(file: BinaryIO, format: Format) -> tuple[Iterator[Row | BadRow], Lines]:
    """Rows whose cells are dicts by column, and the lines they are read from."""
    lines = Lines(file, format)
    return _rows(lines), lines


def _rows(lines: Lines) -> Iterator[Row | BadRow]:
    for line in lines:
        if not line.strip(BLANK):
            continue
        found = _parsed(line)
        cells = {} if found is None else _flat(found)
        if found is None or len(cells) > COLUMN_LIMIT:
            yield BadRow(lines.count, Fault("", "not_json"), [line.strip(BLANK)])
        elif cells:
            yield Row(lines.count, cells)


def _parsed(line: str) -> dict | None:
    """The object, numbers as written. None where the line holds no object, nests too deep or breaks a letter."""
    try:
        found = json.loads(line.lstrip("\ufeff"), parse_int=str, parse_float=str, parse_constant=str)
        line.encode("ascii") if "\\u" not in line else json.dumps(found, ensure_ascii=False).encode()
    except UnicodeEncodeError as error:
        return None if "surrogates" in error.reason else found
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _flat(found: dict, start: str = "") -> dict[str, str | None]:
    cells: dict[str, str | None] = {}
    for name, value in found.items():
        if isinstance(value, dict):
            cells |= _flat(value, f"{start}{name}.")
        else:
            cells[start + name] = value if value is None or isinstance(value, str) else json.dumps(value)
    return cells
