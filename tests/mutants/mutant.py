"""A mutant: one small fault at one place of one file."""

import hashlib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple


class Edit(NamedTuple):
    """`after` in place of the characters from `start` to `end` of a text; `kind` says what sort of fault it is."""

    start: int
    end: int
    after: str
    kind: str

    def moved(self, offset: int) -> "Edit":
        return self._replace(start=self.start + offset, end=self.end + offset)

    def made_in(self, text: str) -> str:
        return text[: self.start] + self.after + text[self.end :]


@dataclass(frozen=True)
class Mutant:
    """An edit of a file. `before` and `after` are the lines it touches, `nth` counts equal ones in the file.

    It is known by what it does and never by its line number, so that it stays the same where other lines change.
    """

    file: str
    edit: Edit
    line: int
    before: str
    after: str
    nth: int

    @property
    def identity(self) -> str:
        return "\n".join((self.file, self.edit.kind, self.before, self.after, str(self.nth)))

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.before}  ->  {self.after}"


def mutants(file: str, text: str, edits: Iterable[Edit]) -> list[Mutant]:
    """Each of `edits` that changes `text`, once, in the order of the text."""
    found, seen = [], Counter()
    for edit in sorted(set(edits)):
        if text[edit.start : edit.end] == edit.after:
            continue
        before, after = _lines(text, edit)
        seen[edit.kind, before, after] += 1
        line = text.count("\n", 0, edit.start) + 1
        found.append(Mutant(file, edit, line, before, after, seen[edit.kind, before, after]))
    return found


def _lines(text: str, edit: Edit) -> tuple[str, str]:
    """The whole lines that an edit touches, before and after it, each on one line."""
    start = text.rfind("\n", 0, edit.start) + 1
    end = text.find("\n", edit.end)
    end = len(text) if end < 0 else end
    before = text[start:end]
    return " ".join(before.split()), " ".join(edit.moved(-start).made_in(before).split())


def digest(*parts: str | bytes) -> str:
    made = hashlib.sha256()
    for part in parts:
        made.update(part.encode() if isinstance(part, str) else part)
        made.update(b"\0")
    return made.hexdigest()


def read(path: Path) -> str:
    """The text of a file as it is: no line ending is changed, so that it can be written back byte for byte."""
    return path.read_bytes().decode()


def write(path: Path, text: str) -> None:
    path.write_bytes(text.encode())
