"""From a JSON document to single events, so that one bad event never sinks its batch.

A document that parses as a whole is taken at full speed. One that does not is cut into its events by a scanner that
knows only strings and brackets; each event is then parsed alone, and what is wrong with it is named.
"""

import contextlib
import re
from dataclasses import dataclass, field
from typing import NamedTuple

import orjson

from profiles.ingestion.http.errors import NoBatch, NotJSON, TooMany

MOST_EVENTS = 2_000
DEEPEST = 20
#: A document that must be scanned is refused above this, because scanning is slow.
MOST_BRACKETS = 400_000
TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|["{}\[\],]', re.DOTALL)
NAME = re.compile(rb'\s*("[^"\\]*(?:\\.[^"\\]*)*")\s*:', re.DOTALL)
NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")
NOT_BRACKETS = bytes(set(range(256)) - set(b"{}[]"))
LONE_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
BOM = b"\xef\xbb\xbf"


class ParseError(NamedTuple):
    """An event that could not be read: why, and the bytes it came as."""

    reason: str
    raw: bytes


@dataclass(slots=True)
class Payload:
    """What one body holds. `events`: an object each, or its flaw. `call`: the type of events that name none."""

    events: list[dict | ParseError] = field(default_factory=list)
    sent_at: str | None = None
    write_key: str | None = None
    call: str | None = None


def single(body: bytes, call: str) -> bytes:
    """The body of a single call as a batch of one, which is the one form that is kept. Raises NotJSON.

    What does not parse must at least be one object that ends with the body: else it could close ours and add to it.
    """
    body = body.removeprefix(BOM)
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        _refuse_too_many_brackets(body)
        _parts(body, b"{")
    return b'{"call":"%s","batch":[%s]}' % (call.encode(), body)


def parse(body: bytes) -> Payload:
    """The events of a body. Raises NotJSON, NoBatch or TooMany, which concern the whole."""
    document = _document(body.removeprefix(BOM))
    if not isinstance(document, dict):
        raise NotJSON
    events = document.get("batch")
    if not isinstance(events, list):
        raise NoBatch
    if len(events) > MOST_EVENTS:
        raise TooMany(limit=MOST_EVENTS)
    return Payload(
        [_as_event(event) for event in events],
        *(_text(document.get(name)) for name in ("sentAt", "writeKey", "call")),
    )


def raw(event: dict | ParseError) -> bytes:
    """The event as bytes."""
    return event.raw if isinstance(event, ParseError) else orjson.dumps(event)


def _text(value) -> str | None:
    return value if isinstance(value, str) else None


def _document(body: bytes):
    if not (b"\\u0000" in body or _may_be_deep(body)):
        with contextlib.suppress(orjson.JSONDecodeError):
            return orjson.loads(body)
    return _salvaged(body)


def _salvaged(body: bytes) -> dict:
    """The members of a document that does not parse; its events one by one."""
    _refuse_too_many_brackets(body)
    document: dict = {}
    for part in _parts(body, b"{"):
        name = NAME.match(part)
        if not name:
            raise NotJSON
        content = part[name.end() :].strip()
        if name[1] == b'"batch"' and content.startswith(b"["):
            document["batch"] = [parse_one(piece.strip()) for piece in _parts(content, b"[")]
        elif name[1] in {b'"sentAt"', b'"writeKey"', b'"call"', b'"batch"'}:
            document[name[1][1:-1].decode()] = parse_one(content)
    return document


def _refuse_too_many_brackets(body: bytes) -> None:
    if body.count(b"[") + body.count(b"{") > MOST_BRACKETS:
        raise NotJSON


def _parts(text: bytes, opening: bytes) -> list[bytes]:
    """What stands between the commas of the outermost object or array. NotJSON when its brackets do not close."""
    depth, start, found = 0, 0, []
    for token in TOKEN.finditer(text):
        sign = token[0]
        if sign in {b"{", b"["}:
            depth += 1
            if depth == 1 and (sign != opening or text[: token.start()].strip()):
                raise NotJSON
            start = token.end() if depth == 1 else start
        elif sign in {b"}", b"]"}:
            depth -= 1
            if depth == 0:
                found.append(text[start : token.start()])
                if text[token.end() :].strip():
                    raise NotJSON
                return [part for part in found if part.strip()]
        elif sign == b'"' or (sign == b"," and depth == 0):
            raise NotJSON
        elif sign == b"," and depth == 1:
            found.append(text[start : token.start()])
            start = token.end()
    raise NotJSON


def parse_event(piece: bytes) -> dict | ParseError:
    """One event parsed by itself, or its flaw."""
    return _as_event(parse_one(piece))


def _as_event(value) -> dict | ParseError:
    return value if isinstance(value, dict | ParseError) else ParseError("not_an_object", orjson.dumps(value))


def parse_one(piece: bytes):
    """One value parsed by itself, or its flaw."""
    try:
        event = orjson.loads(piece)
    except orjson.JSONDecodeError:
        return ParseError(_reason(piece), piece)
    if _depth_passes(event, DEEPEST):
        return ParseError("too_deep", piece)
    return ParseError("nul_character", piece) if NUL.search(piece) else event


def _reason(piece: bytes) -> str:
    if _may_be_deep(piece):
        return "too_deep"
    if b"\x00" in piece or NUL.search(piece):
        return "nul_character"
    if LONE_SURROGATE.search(piece) or piece.decode(errors="replace").encode() != piece:
        return "bad_character"
    return "not_json"


def _may_be_deep(text: bytes) -> bool:
    """True when brackets nest deeper than allowed; brackets inside strings may make it true as well.

    Taking away the innermost pairs, level by level, is all done in C.
    """
    brackets = text.translate(None, NOT_BRACKETS)
    for _ in range(DEEPEST):
        shorter = brackets.replace(b"{}", b"").replace(b"[]", b"")
        if len(shorter) == len(brackets):
            break
        brackets = shorter
    return bool(brackets)


def _depth_passes(value, limit: int) -> bool:
    if not isinstance(value, dict | list):
        return False
    if limit == 0:
        return True
    return any(_depth_passes(one, limit - 1) for one in (value.values() if isinstance(value, dict) else value))
