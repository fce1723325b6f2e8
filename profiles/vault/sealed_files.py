"""Files at rest: sealed piece by piece, readable at any place, under names that tell nothing of what is in them.

Pieces of one MiB are sealed under the installation's own key, each bound to its file, its place and whether it is the
last; so pieces can be neither moved nor cut off unseen. A file has its name only once the whole of it is on the disk.
"""

import hashlib
import io
import os
import secrets
import shutil
import time
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import BinaryIO, NamedTuple

from cryptography.exceptions import InvalidTag
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused
from profiles.vault.access_log import log_body
from profiles.vault.sealing import open_own, seal_own

PIECE = 1 << 20  # bytes before sealing
SEALING = len(seal_own("length", b""))  # bytes that sealing adds to a piece


class FileLost(Refused):
    """The file is no longer stored."""

    code = "file_lost"
    status = 410
    sentence = _("This file is no longer stored.")


class Altered(Refused):
    """What is stored is not what was written."""

    code = "file_altered"
    sentence = _("This file was altered or cut off where it is stored, so nothing of it is used.")


class Kept(NamedTuple):
    """A stored file: its name, and the SHA-256 and number of its bytes before sealing."""

    name: str
    sha256: str
    size: int


def new_name() -> str:
    """A name that tells nothing, for a file that is to be stored."""
    return secrets.token_hex(16)


class Folder:
    """A folder of sealed files. path: below the installation's folder of files."""

    def __init__(self, path: str):
        self.path = path

    def keep(self, chunks: Iterable[bytes], *, name: str = "") -> Kept:
        """Store what `chunks` give, under `name` or a generated one; where they break off, nothing is kept."""
        return Writer(self, name).take_all(chunks)

    def opened(self, name: str) -> BinaryIO:
        """The file as a seekable stream of its bytes. Raises FileLost, and Altered also while it is read."""
        return io.BufferedReader(_Sealed(self, name), PIECE)

    def handed_out(self, name: str, **logged) -> bytes:
        """The whole file, for somebody to take away: one line in the access log (`logged` goes to `vault.log_body`)."""
        with closing(self.opened(name)) as file:
            content = file.read()
        log_body(**logged)
        return content

    def remove(self, name: str) -> None:
        """Delete a file; one that is gone already is no error."""
        self.place(name).unlink(missing_ok=True)

    def remove_all(self) -> None:
        """Delete the folder with all its files."""
        shutil.rmtree(self._root(), ignore_errors=True)

    def older_than(self, age: timedelta) -> list[str]:
        """Names of files, whole or begun, and of folders, that were written longer ago than `age`."""
        before = time.time() - age.total_seconds()
        return [path.name for path in self.made().iterdir() if path.stat().st_mtime < before]

    def place(self, name: str) -> Path:
        """Where the file lies. Raises FileLost for what is no name of a file."""
        if not name or name == ".." or Path(name).name != name:
            raise FileLost
        return self._root() / name

    def made(self) -> Path:
        """The folder, for its owner's eyes only."""
        place = settings.KENDT_FILES
        for part in Path(self.path).parts:
            place = place / part
            place.mkdir(mode=0o700, parents=True, exist_ok=True)
        return place

    def _root(self) -> Path:
        return settings.KENDT_FILES / self.path

    def bound(self, name: str, number: int, *, last: bool) -> str:
        """What a piece is sealed to."""
        return f"{self.path}/{name}/{number}/{'last' if last else 'more'}"


class Writer:
    """Takes a file in chunks and stores it sealed."""

    def __init__(self, folder: Folder, name: str = ""):
        self.name = name or new_name()
        self.size = 0
        self._folder, self._digest, self._pieces = folder, hashlib.sha256(), 0
        self._held = bytearray()
        self._path = folder.place(self.name)
        self._begun = folder.made() / f"{self.name}.begun"
        self._out = os.fdopen(os.open(self._begun, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb")

    def take(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        self.size += len(chunk)
        self._held += chunk
        while len(self._held) > PIECE:  # the last piece is told apart, so one is always held back
            self._seal(last=False)

    def take_all(self, chunks: Iterable[bytes]) -> Kept:
        try:
            for chunk in chunks:
                self.take(chunk)
            return self.finish()
        except BaseException:
            self.give_up()
            raise

    def finish(self) -> Kept:
        self._seal(last=True)
        self._out.flush()
        os.fsync(self._out.fileno())
        self._out.close()
        self._begun.rename(self._path)
        _sync(self._path.parent)
        return Kept(self.name, self._digest.hexdigest(), self.size)

    def give_up(self) -> None:
        """Keep nothing."""
        self._out.close()
        self._begun.unlink(missing_ok=True)

    def _seal(self, *, last: bool) -> None:
        piece = bytes(self._held[:PIECE])
        self._out.write(seal_own(self._folder.bound(self.name, self._pieces, last=last), piece))
        del self._held[:PIECE]
        self._pieces += 1


def _sync(folder: Path) -> None:
    """The names in it are on the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


class _Sealed(io.RawIOBase):
    """Unseals the piece that is asked for, and holds it."""

    def __init__(self, folder: Folder, name: str):
        self._folder, self._name = folder, name
        try:
            self._file = folder.place(name).open("rb")
        except FileNotFoundError:
            raise FileLost from None
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
            bound = self._folder.bound(self._name, number, last=number == self._pieces - 1)
            try:
                self._held = number, open_own(bound, self._file.read(PIECE + SEALING))
            except InvalidTag:
                raise Altered from None
        return self._held[1]
