"""A document as nested lines for the page: each with its inputs, its place, and what is wrong with it."""

from dataclasses import dataclass, field

from django.utils.translation import gettext as _

from cdp.base.numbers import whole
from segments.builder.edits import grouped
from segments.builder.forms import FORMS, PropertyForm, kind_of
from segments.builder.widgets import Widget
from segments.language.vocabulary import Catalogue


@dataclass
class BuilderLine:
    """One node. `number` is how people count it: "2.1" for the first in the second."""

    path: str
    kind: str
    title: str
    widgets: list[Widget] = field(default_factory=list)
    op: str = ""
    children: list["BuilderLine"] = field(default_factory=list)
    tests: list["BuilderLine"] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    first: bool = True
    last: bool = True

    @property
    def number(self) -> str:
        return ".".join(str(int(step.lstrip("w")) + 1) for step in self.path.split(".")) if self.path else ""

    @property
    def is_group(self) -> bool:
        return self.kind == "op"

    @property
    def ident(self) -> str:
        """Usable in an HTML id."""
        return f"n-{self.path.replace('.', '-')}" if self.path else "n"

    @property
    def nested(self) -> bool:
        """Inside a group that is not the outermost."""
        return "." in self.path


def line_of(document: dict, catalogue: Catalogue) -> BuilderLine:
    """The outermost group; a rule that is none is put into one."""
    return _line(grouped(document)["rule"], "", catalogue)


def _line(body: dict, path: str, catalogue) -> BuilderLine:
    kind = kind_of(body)
    if kind == "op":
        line = BuilderLine(path, kind, _("Group"), op=body.get("op", "all"))
        line.children = _numbered(body.get("of", []), path, "", catalogue)
    elif kind == "prop":
        line = BuilderLine(path, kind, _("Property"), PropertyForm.widgets(body, catalogue))
    else:
        line = BuilderLine(path, kind, str(FORMS[kind].title), FORMS[kind].widgets(body, catalogue))
        line.tests = _numbered(body.get("where", []), path, "w", catalogue)
    return line


def _numbered(bodies, path, mark, catalogue) -> list[BuilderLine]:
    lines = [
        _line(body, f"{path}.{mark}{place}" if path else f"{mark}{place}", catalogue)
        for place, body in enumerate(bodies)
    ]
    for place, line in enumerate(lines):
        line.first, line.last = place == 0, place == len(lines) - 1
    return lines


def with_errors(line: BuilderLine, errors: list[dict]) -> list[str]:
    """Put each error beside the line it is about; give those that are about no line."""
    by_path = {found.path: found for found in _walk(line)}
    homeless = []
    for error in errors:
        path = path_of(error["pointer"])
        if path is not None and path in by_path:
            by_path[path].errors.append(error["detail"])
        else:
            homeless.append(error["detail"])
    return homeless


def path_of(pointer: str) -> str | None:
    """ "/rule/of/0/where/1/value" -> "0.w1"; None for what is outside the rule."""
    steps = pointer.split("/")[1:]
    if not steps or steps[0] != "rule":
        return None
    path = []
    pairs = zip(steps[1::2], steps[2::2], strict=False)
    for holder, place in pairs:
        if holder not in {"of", "where"} or whole(place) is None:
            break
        path.append(place if holder == "of" else f"w{place}")
    return ".".join(path)


def _walk(line: BuilderLine):
    yield line
    for child in (*line.children, *line.tests):
        yield from _walk(child)
