"""Lines of a packed or plain text file: decoded, counted, and never longer than memory allows."""

import io
from collections.abc import Iterator
from typing import BinaryIO

from profiles.imports.errors import LineTooLong, UndecodableFile
from profiles.imports.files.formats import ENCODINGS, Format
from profiles.imports.files.unpacking import unpacked

LINE_LIMIT = 16 << 20  # characters


class Lines:
    """Iterates over lines with their ends (\\n, \\r\\n or \\r). `count` and `size` tell what was given so far."""

    def __init__(self, file: BinaryIO, format: Format):
        self._bytes = _Counted(unpacked(file, format.packing), 1 << 18)
        text = io.TextIOWrapper(self._bytes, ENCODINGS[format.encoding], errors="strict", newline="")
        self._readline = text.readline
        self._encoding = format.encoding
        self.count = self.size = 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        try:
            line = self._readline(LINE_LIMIT)
        except UnicodeDecodeError as error:
            raise self._undecodable(error) from None
        if not line:
            raise StopIteration
        self.count += 1
        self.size += len(line)
        if len(line) == LINE_LIMIT:
            raise LineTooLong(row=self.count, limit="16 MiB")
        return line

    def _undecodable(self, error: UnicodeDecodeError) -> UndecodableFile:
        """All whole lines before the failing chunk have been given by now."""
        offset = self._bytes.given - len(error.object) + error.start
        before = error.object[: error.start].decode(ENCODINGS[self._encoding], errors="replace")
        row = self.count + 1 + max(before.count("\n"), before.count("\r"))
        return UndecodableFile(offset=offset, row=row, encoding=self._encoding)


class _Counted(io.BufferedReader):
    given = 0

    def read1(self, size: int = -1, /) -> bytes:
        data = super().read1(size)
        self.given += len(data)
        return data
