"""Uploaded files at rest: under generated names, sealed piece by piece, readable at any place.

Pieces of one MiB are sealed under the installation's own key, each bound to its file, its place and whether it is the
last; so pieces can be neither moved nor cut off unseen.
"""

import hashlib
import io
import os
import secrets
import time
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from django.conf import settings

from profiles.imports.refusals import Damaged
from profiles.vault import open_own, seal_own

PIECE = 1 << 20  # bytes before sealing
SEALING = len(seal_own("length", b""))  # bytes that sealing adds to a piece


class Kept(NamedTuple):
    name: str
    sha256: str
    size: int


def keep(file: BinaryIO) -> Kept:
    """Store a stream from its beginning, sealed; give its generated name, SHA-256 and size."""
    name = secrets.token_hex(16)
    digest, size, number = hashlib.sha256(), 0, 0
    file.seek(0)
    with os.fdopen(os.open(_path(name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
        piece = file.read(PIECE)
        while True:
            following = file.read(PIECE) if len(piece) == PIECE else b""
            out.write(seal_own(_place(name, number, last=not following), piece))
            digest.update(piece)
            size += len(piece)
            number += 1
            if not following:
                break
            piece = following
        out.flush()
        os.fsync(out.fileno())
    return Kept(name, digest.hexdigest(), size)


def opened(name: str) -> BinaryIO:
    """The stored file as a seekable stream of its bytes. Raises Damaged where a piece was altered."""
    return io.BufferedReader(_Sealed(name), PIECE)


def remove(name: str) -> None:
    """Delete a stored file; one that is gone already is no error."""
    _path(name).unlink(missing_ok=True)


def older_than(age: timedelta) -> list[str]:
    """Names of stored files that were written longer ago than `age`."""
    folder = settings.KENDT_FILES / "imports"
    before = time.time() - age.total_seconds()
    return [path.name for path in folder.glob("*") if path.stat().st_mtime < before]


def _path(name: str) -> Path:
    folder = settings.KENDT_FILES / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder / name


def _place(name: str, number: int, *, last: bool) -> str:
    return f"import/{name}/{number}/{'last' if last else 'more'}"


class _Sealed(io.RawIOBase):
    """Unseals the piece that is asked for, and holds it."""

    def __init__(self, name: str):
        self._name = name
        self._file = _path(name).open("rb")
        stored = os.fstat(self._file.fileno()).st_size
        self._pieces = -(-stored // (PIECE + SEALING))
        self._size = stored - self._pieces * SEALING
        self._position = 0
        self._held: tuple[int, bytes] = (-1, b"")

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._position

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(0, start + offset)
        return self._position

    def readinto(self, buffer) -> int:
        if self._position >= self._size:
            return 0
        number, start = divmod(self._position, PIECE)
        data = self._piece(number)[start : start + len(buffer)]
        buffer[: len(data)] = data
        self._position += len(data)
        return len(data)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _piece(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(number * (PIECE + SEALING))
            place = _place(self._name, number, last=number == self._pieces - 1)
            try:
                self._held = number, open_own(place, self._file.read(PIECE + SEALING))
            except InvalidTag:
                raise Damaged from None
        return self._held[1]
