"""Packed files: .gz and .zip with one file, unpacked as a stream that stops at a bomb."""

import gzip
import io
import zipfile
import zlib
from typing import BinaryIO

from profiles.imports.errors import Bomb, Damaged, FileTooLarge, PackedWrongly, Spreadsheet

UNPACKED_LIMIT = 2 << 30  # bytes
RATIO_LIMIT = 100
RATIO_FROM = 1 << 20  # smaller contents may be as regular as they like
SPREADSHEET_PARTS = {"[Content_Types].xml", "mimetype", "content.xml"}
BROKEN = (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError)


def packing_of(file: BinaryIO) -> str:
    """`gzip`, `zip` or empty, by the first bytes; the name of a file proves nothing."""
    file.seek(0)
    head = file.read(4)
    if head[:2] == b"\x1f\x8b":
        return "gzip"
    return "zip" if head == b"PK\x03\x04" else ""


def unpacked(file: BinaryIO, packing: str) -> BinaryIO:
    """The content of `file` as a buffered stream without seeking. Raises a FileRefused, also while it is read."""
    size = file.seek(0, io.SEEK_END)
    file.seek(0)
    inner = {"": lambda: file, "gzip": lambda: gzip.GzipFile(fileobj=file), "zip": lambda: _only_member(file)}
    return io.BufferedReader(_Limited(inner[packing](), size, bool(packing)), 1 << 18)


def _only_member(file: BinaryIO) -> BinaryIO:
    try:
        archive = zipfile.ZipFile(file)
        members = [entry for entry in archive.infolist() if not entry.is_dir() and "__MACOSX/" not in entry.filename]
        if SPREADSHEET_PARTS & {entry.filename for entry in members}:
            raise Spreadsheet
        if len(members) != 1:
            raise PackedWrongly(found=f"{len(members)} files")
        if members[0].flag_bits & 1:
            raise PackedWrongly(found="encrypted")
        return archive.open(members[0])
    except BROKEN:
        raise Damaged from None


class _Limited(io.RawIOBase):
    """Counts what comes out, and refuses when it is more than a file of that size may hold."""

    def __init__(self, inner: BinaryIO, size: int, packed: bool):
        self._inner = inner
        self._limit = min(UNPACKED_LIMIT, max(RATIO_FROM, RATIO_LIMIT * size)) if packed else UNPACKED_LIMIT
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer) -> int:
        try:
            data = self._inner.read(len(buffer))
        except (*BROKEN, RuntimeError):
            raise Damaged from None
        self._count += len(data)
        if self._count > self._limit:
            raise FileTooLarge(limit="2 GiB") if self._limit == UNPACKED_LIMIT else Bomb(limit=RATIO_LIMIT)
        buffer[: len(data)] = data
        return len(data)
