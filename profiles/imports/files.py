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

from profiles.imports.refusals import Damaged, TooLarge
from profiles.imports.unpacking import UNPACKED_LIMIT
from profiles.vault import open_own, seal_own

PIECE = 1 << 20  # bytes before sealing
SEALING = len(seal_own("length", b""))  # bytes that sealing adds to a piece


class Kept(NamedTuple):
    name: str
    sha256: str
    size: int


class Keeper:
    """Takes a file in chunks and stores it sealed under a generated name."""

    def __init__(self):
        self.name = secrets.token_hex(16)
        self._digest, self._size, self._pieces = hashlib.sha256(), 0, 0
        self._held = bytearray()
        self._out = os.fdopen(os.open(_path(self.name), os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def take(self, chunk: bytes) -> None:
        """Raises TooLarge, and keeps nothing, beyond the limit."""
        self._digest.update(chunk)
        self._size += len(chunk)
        if self._size > UNPACKED_LIMIT:
            self.give_up()
            raise TooLarge(limit="2 GiB")
        self._held += chunk
        while len(self._held) > PIECE:  # the last piece is told apart, so one is always held back
            self._seal(last=False)

    def finish(self) -> Kept:
        self._seal(last=True)
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        return Kept(self.name, self._digest.hexdigest(), self._size)

    def give_up(self) -> None:
        self._out.close()
        remove(self.name)

    def _seal(self, *, last: bool) -> None:
        piece = bytes(self._held[:PIECE])
        self._out.write(seal_own(_place(self.name, self._pieces, last=last), piece))
        del self._held[:PIECE]
        self._pieces += 1


def keep(file: BinaryIO) -> Kept:
    """Store a stream from its beginning; give its generated name, SHA-256 and size."""
    keeper = Keeper()
    file.seek(0)
    while chunk := file.read(PIECE):
        keeper.take(chunk)
    return keeper.finish()


def opened(name: str) -> BinaryIO:
    """The stored file as a seekable stream of its bytes. Raises Damaged where a piece was altered."""
    return io.BufferedReader(_Sealed(name), PIECE)


def remove(name: str) -> None:
    """Delete a stored file; one that is gone already is no error."""
    _path(name).unlink(missing_ok=True)


def older_than(age: timedelta) -> list[str]:
    """Names of stored files that were written longer ago than `age`."""
    before = time.time() - age.total_seconds()
    return [path.name for path in _folder().iterdir() if path.stat().st_mtime < before]


def _path(name: str) -> Path:
    return _folder() / name


def _folder() -> Path:
    folder = settings.KENDT_FILES / "imports"
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return folder


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
