"""How a file is written: kind, packing, encoding, separator, decimal sign, header; detected, or declared."""

import codecs
import contextlib
import csv
import io
import itertools
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields, replace
from typing import BinaryIO

from profiles.imports.errors import NotATable, PackedWrongly, Spreadsheet, UnknownFileEncoding
from profiles.imports.files.unpacking import packing_of, unpacked

SAMPLE = 1 << 18  # bytes that separator, decimal sign and header are read from
ENCODINGS = {  # ours -> Python's codec
    "utf-8": "utf-8-sig",
    "utf-16-le": "utf-16-le",
    "utf-16-be": "utf-16-be",
    "windows-1252": "cp1252",
    "latin-1": "latin-1",
}
SEPARATORS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
NOT_IN_WINDOWS_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
OTHER_KINDS = {
    b"\xd0\xcf\x11\xe0": "spreadsheet",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"GIF8": "GIF",
    b"\x7fELF": "program",
    b"MZ\x90\x00": "program",
    b"SQLite format 3": "SQLite",
    b"<!DOCTYPE": "HTML",
    b"<html": "HTML",
    b"<?xml": "XML",
    b"<svg": "SVG",
}
DECIMAL_COMMA = re.compile(r"-?\d{1,3}(?:[.\s']?\d{3})*,(?:\d{1,2}|\d{4,})")
DECIMAL_POINT = re.compile(r"-?\d{1,3}(?:[,\s']?\d{3})*\.(?:\d{1,2}|\d{4,})")
JSON_LIST = re.compile(r"\s*\[\s*\{")
VALUE = re.compile(r"-?[\d.,:/\s-]*\d[\d.,:/\s-]*|[^@\s]+@[^@\s]+\.[^@\s]+")  # what a header is not


@dataclass(frozen=True)
class Format:
    """kind: csv, ndjson or parquet; packing: gzip, zip or empty; skip: lines before the header (csv)."""

    kind: str = "csv"
    packing: str = ""
    encoding: str = "utf-8"
    separator: str = ","
    decimal: str = "."
    header: bool = True
    skip: int = 0

    @classmethod
    def of(cls, stored: dict) -> "Format":
        known = {field.name for field in fields(cls)}
        return cls(**{name: value for name, value in stored.items() if name in known})

    def as_dict(self) -> dict:
        return asdict(self)

    def declared(self, **said) -> "Format":
        """This format with what a person said instead; what was left open (None or empty) stays as it is."""
        given = {name: value for name, value in said.items() if value not in (None, "")}
        if "encoding" in given:
            given["encoding"] = known_encoding(given["encoding"])
        return replace(self, **given)


def known_encoding(name: str) -> str:
    """Our name of an encoding, by any of its names."""
    try:
        codec = codecs.lookup(name).name
    except LookupError:
        codec = ""
    for ours, theirs in ENCODINGS.items():
        if codec in {codecs.lookup(ours).name, codecs.lookup(theirs).name}:
            return ours
    raise UnknownFileEncoding(encoding=name, known=", ".join(ENCODINGS))


def detect(file: BinaryIO, *, encoding: str | None = None) -> Format:
    """The most likely format of a seekable file; `encoding` where it is declared. Raises FileRefused for no table."""
    packing = packing_of(file)
    head = _head(file, packing)
    _refuse_other_kinds(head)
    if head[:4] == b"PAR1":
        return _parquet(packing)
    if head[:2] == b"\x1f\x8b" or head[:4] == b"PK\x03\x04":
        raise PackedWrongly(found="packed twice")
    encoding = known_encoding(encoding) if encoding else _encoding(file, packing, head)
    text = _whole_lines(head, encoding)
    if text.lstrip()[:1] == "{":
        return Format("ndjson", packing, encoding)
    if JSON_LIST.match(text):
        raise NotATable(found="JSON")
    separator = _separator(text)
    rows = list(_sample_rows(text, separator))
    return Format("csv", packing, encoding, separator, _decimal(rows), _has_header(rows))


def foreign_words(file: BinaryIO, format: Format, *, most: int = 8) -> dict[str, list[str]]:
    """Pieces of words around letters outside ASCII, as each encoding reads them, so that a person sees which is right.

    Pieces of three letters: whole words are names of people, and nobody need know these to choose.
    """
    head = _head(file, format.packing)
    wide = head.count(0) > len(head) / 5
    likely = [name for name in ENCODINGS if name.startswith("utf-16") == wide]
    return {name: words for name in likely if (words := _foreign(head, ENCODINGS[name], most)) is not None}


def _foreign(head: bytes, codec: str, most: int) -> list[str] | None:
    try:
        text = codecs.getincrementaldecoder(codec)().decode(head)
    except UnicodeDecodeError:
        return None
    pieces = dict.fromkeys(re.findall(r"\w?[^\W\x00-\x7F]\w?", text))
    return list(pieces)[:most]


def _head(file: BinaryIO, packing: str) -> bytes:
    return unpacked(file, packing).read(SAMPLE)


def _refuse_other_kinds(head: bytes) -> None:
    start = head[:400].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for mark, kind in OTHER_KINDS.items():
        if start.startswith(mark.lower()):
            raise Spreadsheet if kind == "spreadsheet" else NotATable(found=kind)


def _parquet(packing: str) -> Format:
    if packing:
        raise PackedWrongly(found="Parquet")
    return Format("parquet")


def _encoding(file: BinaryIO, packing: str, head: bytes) -> str:
    """By byte order mark, by where the zeros are, and by reading the whole file as UTF-8."""
    if head[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return "utf-16-le" if head[:2] == codecs.BOM_UTF16_LE else "utf-16-be"
    pairs = max(1, len(head) // 2)
    even, odd = head[0::2].count(0) / pairs, head[1::2].count(0) / pairs
    if max(even, odd) > 0.4 and min(even, odd) < 0.1:
        return "utf-16-le" if odd > even else "utf-16-be"
    return _eight_bit_encoding(file, packing)


def _eight_bit_encoding(file: BinaryIO, packing: str) -> str:
    decoder = codecs.getincrementaldecoder("utf-8")()
    utf8 = windows = True
    for chunk in _chunks(unpacked(file, packing)):
        if utf8:
            try:
                decoder.decode(chunk)
            except UnicodeDecodeError:
                utf8 = False
        windows = windows and not NOT_IN_WINDOWS_1252.search(chunk)
    if utf8 and not decoder.getstate()[0]:
        return "utf-8"
    return "windows-1252" if windows else "latin-1"


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    while chunk := stream.read(1 << 20):
        yield chunk


def _separator(text: str) -> str:
    """The candidate that cuts most sample rows into the same number of cells, more than one."""

    def agreement(separator: str) -> tuple[float, int]:
        widths = [len(row) for row in _sample_rows(text, separator)]
        usual = max(set(widths), key=widths.count, default=1)
        return (widths.count(usual) / len(widths) if usual > 1 else 0, usual)

    return max(SEPARATORS, key=agreement)


def _whole_lines(head: bytes, encoding: str) -> str:
    """The sample as text, without its last line where the sample cut it."""
    text = head.decode(ENCODINGS[encoding], errors="replace").lstrip("\ufeff")
    return text[: max(text.rfind("\n"), text.rfind("\r"))] if len(head) == SAMPLE else text


def _sample_rows(text: str, separator: str, most: int = 100) -> Iterator[list[str]]:
    """The first rows that are not blank."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    rows = (row for row in reader if any(cell.strip() for cell in row))
    with contextlib.suppress(csv.Error):
        yield from itertools.islice(rows, most)


def _decimal(rows: list[list[str]]) -> str:
    cells = [cell.strip() for row in rows[1:] for cell in row]
    commas = sum(bool(DECIMAL_COMMA.fullmatch(cell)) for cell in cells)
    points = sum(bool(DECIMAL_POINT.fullmatch(cell)) for cell in cells)
    return "," if commas > points else "."


def _has_header(rows: list[list[str]]) -> bool:
    """A first row that holds a number, a date or an address is no header."""
    return not any(VALUE.fullmatch(cell.strip()) for cell in (rows[0] if rows else []) if cell.strip())
