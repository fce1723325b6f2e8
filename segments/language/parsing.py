"""The segment language: `{"v": 1, "zone": ..., "rule": ...}`, checked against its schema, the vocabulary and limits."""

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from jsonschema import Draft202012Validator

from cdp.base.errors import Refused, Violation
from segments.language import nodes
from segments.language.nodes import GroupNode, Node
from segments.language.vocabulary import Catalogue

SCHEMA_FILE = Path(__file__).with_name("schema_v1.json")
LIMITS = {"levels": 5, "leaves": 100, "references": 8, "values": 500, "title": 120}

#: The order in which keys are written.
WRITTEN = [
    *["v", "zone", "rule", "op", "attr", "identifier", "event", "consent", "segment", "sample", "prop", "channel"],
    *["is", "in", "cmp", "of", "value", "where", "window", "last", "from_ago", "to_ago", "period", "from", "to", "n"],
    *["unit", "count", "days", "distinct", "sum", "avg", "min", "max", "currency", "fold", "seed"],
]


class NotUnderstood(Refused):
    """The definition is not a rule of the segment language; `errors` say where and why."""

    code = "definition_not_understood"
    status = 422
    sentence = gettext_lazy("The definition cannot be used: %(first)s")


@dataclass(frozen=True)
class Definition:
    """A checked document: its canonical form, its zone, and its rule as a tree."""

    document: dict
    zone: ZoneInfo
    rule: Node

    @property
    def references(self) -> list[str]:
        """Keys of the segments that the rule reads."""
        return sorted({node.body["segment"] for node in self.rule.walk() if isinstance(node, nodes.SegmentNode)})


@cache
def schema() -> dict:
    """The published JSON Schema of version 1."""
    return json.loads(SCHEMA_FILE.read_text())


def understand(document, catalogue: Catalogue | None = None) -> Definition:
    """The definition that `document` states; raises NotUnderstood with every problem and its JSON pointer."""
    if problems := _shape(document):
        raise _refusal(problems)
    as_told = nodes.read(document["rule"])
    if problems := [*_limits(as_told), *as_told.check(catalogue or Catalogue.load())]:
        raise _refusal(problems)
    return read(document)


def read(document: dict) -> Definition:
    """A document that was checked before, such as a stored version."""
    document = {**document, "rule": canonical(document["rule"])}
    return Definition(document, ZoneInfo(document["zone"]), nodes.read(document["rule"]))


def canonical(body):
    """One form for one meaning: groups of one are opened, defaults are left out, whole numbers are integers."""
    if isinstance(body, dict):
        if body.get("op") in {"all", "any"} and len(body["of"]) == 1:
            return canonical(body["of"][0])
        return {key: canonical(value) for key, value in body.items() if not _is_default(key, value)}
    if isinstance(body, list):
        return [canonical(item) for item in body]
    return int(body) if isinstance(body, float) and body.is_integer() else body


def _is_default(key, value) -> bool:
    return (key, value) in (("where", []), ("fold", False), ("count", {"cmp": ">=", "n": 1}))


def _refusal(problems: list[Violation]) -> NotUnderstood:
    return NotUnderstood(errors=[problem.as_dict() for problem in problems], first=problems[0].detail)


def as_text(document: dict) -> str:
    """A document as people write it: the key that names a node first, then its test, then the values."""
    return json.dumps(_in_order(document), indent=2, ensure_ascii=False)


def _in_order(body):
    if isinstance(body, dict):
        known = [key for key in WRITTEN if key in body]
        return {key: _in_order(body[key]) for key in (*known, *(key for key in body if key not in known))}
    return [_in_order(item) for item in body] if isinstance(body, list) else body


def leaves(rule: Node) -> int:
    """How many conditions a rule has."""
    return sum(not isinstance(node, GroupNode) for node in rule.walk())


def _limits(rule: Node):
    levels = rule.depth if isinstance(rule, GroupNode) else 0
    if levels > LIMITS["levels"]:
        detail = _("%(found)s levels of groups; %(limit)s are allowed.")
        yield Violation("/rule", "too_deep", detail % {"found": levels, "limit": LIMITS["levels"]})
    if leaves(rule) > LIMITS["leaves"]:
        detail = _("%(found)s conditions; %(limit)s are allowed.")
        yield Violation("/rule", "too_many", detail % {"found": leaves(rule), "limit": LIMITS["leaves"]})


def _shape(document) -> list[Violation]:
    """Problems that the schema tells, each once, at its place."""
    found = {}
    for error in Draft202012Validator(schema()).iter_errors(document):
        problem = Violation(_pointer(error), error.validator, _said(error))
        found.setdefault((problem.pointer, problem.detail), problem)
    if not found:
        found = {problem.pointer: problem for problem in (*_kinds(document["rule"], "/rule"), *_zone(document))}
    return list(found.values())


def _zone(document):
    try:
        ZoneInfo(document["zone"])
    except (ZoneInfoNotFoundError, ValueError, OSError):
        detail = _("“%(zone)s” is not a time zone; write it like Europe/Copenhagen.") % document
        yield Violation("/zone", "unknown_zone", detail)


def _kinds(body: dict, pointer: str):
    """Every node must be of exactly one kind."""
    kinds = [key for key in nodes.KINDS if key in body]
    if len(kinds) != 1:
        detail = _("A condition has exactly one of: %(kinds)s.") % {"kinds": ", ".join(nodes.KINDS)}
        yield Violation(pointer, "kind", detail)
    for place, child in enumerate(body.get("of", [])):
        yield from _kinds(child, f"{pointer}/of/{place}")


def _pointer(error) -> str:
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in error.absolute_path)


def _said(error) -> str:
    """A schema error in words that say what to do."""
    if error.validator == "additionalProperties":
        unknown = sorted(set(error.instance) - set(error.schema.get("properties", {})))
        return _("Unknown or not fitting here: %(keys)s.") % {"keys": ", ".join(unknown)}
    if error.validator == "required":
        missing = [key for key in error.validator_value if key not in error.instance]
        return _("Missing: %(keys)s.") % {"keys": ", ".join(missing)}
    if error.validator == "enum":
        return _("Use one of: %(values)s.") % {"values": ", ".join(map(str, error.validator_value))}
    if error.validator == "minItems":
        return _("Add at least one.")
    if error.validator in {"maxItems", "maxLength", "minLength", "minimum", "maximum"}:
        limits = {"limit": error.validator_value, "found": _size(error.instance)}
        if error.validator.startswith("max"):
            return _("At most %(limit)s; this is %(found)s.") % limits
        return _("At least %(limit)s; this is %(found)s.") % limits
    if error.validator == "type":
        return _typed(error.validator_value)
    return _("This does not fit the language.")


def _typed(kind: str) -> str:
    return {
        "integer": _("Write a whole number."),
        "number": _("Write a number."),
        "string": _("Write a text."),
        "array": _("Write a list."),
        "boolean": _("Write true or false."),
        "object": _("Write an object."),
    }[kind]


def _size(instance):
    return len(instance) if isinstance(instance, (list, str)) else instance
