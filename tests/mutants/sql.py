"""The faults that are possible in a text of SQL: a query, a fragment of one, or a file of statements."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import sqlparse.lexer
from sqlparse import tokens

from tests.mutants.mutant import Edit

COMPARED = {"=": "<>", "<>": "=", "!=": "=", "<": "<=", "<=": "<", ">": ">=", ">=": ">"}
OPPOSITE = {
    "MIN": "max",
    "MAX": "min",
    "LEAST": "greatest",
    "GREATEST": "least",
    "BOOL_AND": "bool_or",
    "BOOL_OR": "bool_and",
}
EXCHANGED = {"ASC": "DESC", "DESC": "ASC", "TRUE": "FALSE", "FALSE": "TRUE", "+": "-", "-": "+"}
#: What begins or ends a condition beside AND, OR and parentheses.
BORDERS = {
    *("SELECT", "FROM", "WHERE", "ON", "HAVING", "WHEN", "THEN", "ELSE", "GROUP", "ORDER", "BY", "WINDOW", "LIMIT"),
    *("UNION", "EXCEPT", "INTERSECT", "RETURNING", "JOIN", "LEFT", "INNER", "CROSS", "SET", "AS", "VALUES", "USING"),
    *("DO", "IF", "ELSIF", "LOOP", "ROWS", "RANGE", "FOR", ",", ";"),
}
ASKING = {"WHERE", "ON", "HAVING", "WHEN", "IF", "ELSIF"}
PREDICATES = {"IS", "IN", "EXISTS", "BETWEEN", "LIKE", "NOT", "ANY", "ALL"}
EVENTS = {"REPLACE", "INSERT", "UPDATE", "DELETE", "TRUNCATE"}
LARGEST = 1000  # a number above it is a size, and one more or less of it changes nothing that anybody sees


@dataclass(frozen=True)
class Word:
    start: int
    end: int
    text: str
    is_number: bool = False
    is_string: bool = False

    @property
    def name(self) -> str:
        return "" if self.is_string else self.text.upper()


@dataclass
class Frame:
    """What is known of one level of parentheses, or of one CASE."""

    opened_at: int
    left: str = ""
    first: int = 0
    clause: str = ""
    in_between: bool = False
    is_case: bool = False
    ordered: bool = False
    unordered: set[str] = field(default_factory=set)  # what DISTINCT ON names: its direction changes nothing
    commas: list[int] = field(default_factory=list)


def edits(text: str) -> Iterator[Edit]:
    """Every fault that is possible in `text`."""
    words = _words(text)
    for place in range(len(words)):
        yield from _changed_word(words, place)
    yield from _Walk(text, words).edits()


def _words(text: str) -> list[Word]:
    """The words and signs of `text`, without space and comments; the body of a function is read like the rest."""
    found, at = [], 0
    for kind, value in sqlparse.lexer.tokenize(text.replace("$$", "  ")):
        if kind in tokens.Literal and kind not in tokens.Number:
            found.append(Word(at, at + len(value), value, is_string=True))
        elif kind not in tokens.Comment and kind not in tokens.Whitespace:
            is_number = kind in tokens.Number.Integer
            parts = re.finditer(r"\S+", value)
            found += [Word(at + part.start(), at + part.end(), part[0], is_number) for part in parts]
        at += len(value)
    return found


def _changed_word(words: list[Word], place: int) -> Iterator[Edit]:
    """The faults that concern one word and its neighbours."""
    word, name = words[place], words[place].name
    before = words[place - 1].name if place else ""
    after = words[place + 1].name if place + 1 < len(words) else ""
    if name in OPPOSITE and after == "(":
        yield Edit(word.start, word.end, OPPOSITE[name], "function")
    if name in EXCHANGED and (name not in "+-" or _stands_apart(words, place)):
        yield Edit(word.start, word.end, EXCHANGED[name], "order" if name in ("ASC", "DESC") else "value")
    if name == "NULLS" and after in ("FIRST", "LAST"):
        yield Edit(word.start, words[place + 1].end, f"NULLS {'LAST' if after == 'FIRST' else 'FIRST'}", "order")
    if name == "LEFT" and after == "JOIN":
        yield Edit(word.start, words[place + 1].start, "", "join")
    if name == "UNION" and after == "ALL":
        yield Edit(word.end, words[place + 1].end, "", "duplicates")
    if name == "DISTINCT" and after not in ("ON", "FROM"):
        yield Edit(word.start, words[place + 1].start, "", "duplicates")
    if word.is_number and word.text.isdigit() and int(word.text) <= LARGEST and not _is_size(words, place):
        yield Edit(word.start, word.end, str(int(word.text) + 1), "number")
        if int(word.text):
            yield Edit(word.start, word.end, str(int(word.text) - 1), "number")
    yield from _negated(words, place, before, after)


def _negated(words: list[Word], place: int, before: str, after: str) -> Iterator[Edit]:
    word, name = words[place], words[place].name
    if name == "NOT" and (after != "NULL" or before == "IS") and not _makes_table(words, place):
        yield Edit(word.start, words[place + 1].start, "", "negation")
    if name == "IS" and after in ("NULL", "DISTINCT", "TRUE", "FALSE"):
        yield Edit(word.end, word.end, " NOT", "negation")
    if name in ("EXISTS", "IN") and after == "(" and before != "NOT":
        yield Edit(word.start, word.start, "NOT ", "negation")


def _makes_table(words: list[Word], place: int) -> bool:
    """Whether a NOT stands in `CREATE ... IF NOT EXISTS name`."""
    return words[place - 1].name == "IF" and place + 2 < len(words) and words[place + 2].name != "("


def _is_size(words: list[Word], place: int) -> bool:
    """Whether a number is a size of a type, as in varchar(200) and numeric(18, 4)."""
    before = " ".join(word.name for word in words[max(place - 4, 0) : place])
    return bool(re.search(r"\b(VARCHAR|CHAR|NUMERIC) \((?: \d+ ,)?$", before))


def _stands_apart(words: list[Word], place: int) -> bool:
    return 0 < place < len(words) - 1 and words[place - 1].end < words[place].start < words[place + 1].start - 1


class _Walk:
    """One way through the words, which knows at each of them the clause and the condition it stands in."""

    def __init__(self, text: str, words: list[Word]):
        self.text, self.words = text, words
        self.frames = [Frame(opened_at=-1)]
        self.found: list[Edit] = []

    def edits(self) -> list[Edit]:
        for place, word in enumerate(self.words):
            self._step(place, word, self.frames[-1])
        while self.frames:
            self._close(len(self.words), "", self.frames.pop())
        return self.found

    def _step(self, place: int, word: Word, frame: Frame) -> None:
        name = word.name
        if name == "(" or name == "CASE":
            self.frames.append(Frame(place, first=place + 1, is_case=name == "CASE"))
        elif (name == ")" or (name == "END" and frame.is_case)) and len(self.frames) > 1:
            self._close(place, "", self.frames.pop())
            self._leave(place, frame)
        elif name == "BETWEEN":
            frame.in_between = True
        elif name in ("AND", "OR"):
            self._join(place, word, frame)
        elif name in COMPARED and frame.clause not in ("SET", "USING") and self._is_whole(word):
            self.found.append(Edit(word.start, word.end, COMPARED[name], "comparison"))
        elif name in BORDERS and self._is_border(place, name):
            self._border(place, name, frame)

    def _is_whole(self, word: Word) -> bool:
        """Whether a sign is no part of a longer one, such as `->` or `:=`."""
        around = self.text[word.start - 1 : word.start] + self.text[word.end : word.end + 1]
        return not set(around) & set("-<>=!:@#|&~")

    def _is_border(self, place: int, name: str) -> bool:
        before, after = self._name(place - 1), self._name(place + 1)
        if name == "FROM":
            return before != "DISTINCT"
        return not (name == "LEFT" and after == "(")

    def _name(self, place: int) -> str:
        return self.words[place].name if 0 <= place < len(self.words) else ""

    def _join(self, place: int, word: Word, frame: Frame) -> None:
        if word.name == "AND" and frame.in_between:
            frame.in_between = False
            return
        if word.name == "OR" and self._name(place + 1) in EVENTS:
            return
        self._close(place, word.name, frame)
        self.found.append(Edit(word.start, word.end, {"AND": "OR", "OR": "AND"}[word.name], "boolean"))
        frame.left, frame.first = word.name, place + 1

    def _border(self, place: int, name: str, frame: Frame) -> None:
        self._close(place, name, frame)
        if name == ",":
            frame.commas.append(place)
        else:
            frame.ordered = name == "BY" and self._name(place - 1) == "ORDER"
            frame.clause = name
            if name == "SELECT":
                frame.unordered = set()
        frame.left, frame.first = name, place + 1

    def _close(self, place: int, right: str, frame: Frame) -> None:
        """The faults of what lies between the last border and `place`."""
        part = self.words[frame.first : place]
        if not part:
            return
        start, end = part[0].start, part[-1].end
        said = self.text[start:end]
        if frame.ordered and part[-1].name not in ("ASC", "DESC", "LAST", "FIRST") and said not in frame.unordered:
            self.found.append(Edit(end, end, " DESC", "order"))
        if self._is_condition(part, frame.left, right) and "%s" not in said:
            nothing = "FALSE" if "OR" in (frame.left, right) else "TRUE"
            self.found.append(Edit(start, end, nothing, "condition removed"))

    def _is_condition(self, part: list[Word], left: str, right: str) -> bool:
        if left in ("AND", "OR", "WHERE") or right in ("AND", "OR"):
            return True
        tested = any(word.name in PREDICATES or word.name in COMPARED for word in part)
        return left in ASKING and tested and part[0].name not in ("CONFLICT", "(")

    def _leave(self, place: int, inner: Frame) -> None:
        """What a pair of parentheses was for: the default of a coalesce, or the list of DISTINCT ON."""
        word, outer = self.words[inner.opened_at - 1] if inner.opened_at > 0 else None, self.frames[-1]
        opening, closing = self.words[inner.opened_at], self.words[place]
        if word and word.name == "COALESCE" and inner.commas:
            rest = self.text[self.words[inner.commas[0]].start : closing.start]
            if "%s" not in rest:
                kept = self.text[opening.start : self.words[inner.commas[0]].start] + ")"
                self.found.append(Edit(word.start, closing.end, kept, "default removed"))
        if word and word.name == "ON" and self._name(inner.opened_at - 2) == "DISTINCT":
            ends = [*inner.commas, place]
            starts = [inner.opened_at, *inner.commas]
            outer.unordered = {
                self.text[self.words[a].end : self.words[b].start].strip() for a, b in zip(starts, ends, strict=True)
            }
