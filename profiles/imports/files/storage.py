"""Uploaded files at rest, no larger than what is read of a file."""

from functools import partial
from typing import BinaryIO

from profiles.imports.errors import FileTooLarge
from profiles.imports.files.unpacking import UNPACKED_LIMIT
from profiles.vault.sealed_files import PIECE, Folder, Kept, Writer

UPLOADS = Folder("imports")


class Keeper(Writer):
    """Takes an upload in chunks."""

    def __init__(self):
        super().__init__(UPLOADS)

    def take(self, chunk: bytes) -> None:
        """Raises FileTooLarge, and keeps nothing, beyond the limit."""
        if self.size + len(chunk) > UNPACKED_LIMIT:
            self.give_up()
            raise FileTooLarge(limit="2 GiB")
        super().take(chunk)


def keep(file: BinaryIO) -> Kept:
    """Store a stream from its beginning."""
    file.seek(0)
    return Keeper().take_all(iter(partial(file.read, PIECE), b""))
