"""The faults that are possible in a module of Python, with those of the SQL in its strings."""

import ast
import io
import re
import tokenize
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from tests.mutants import sql
from tests.mutants.mutant import Edit

COMPARED = {
    "==": "!=",
    "!=": "==",
    "<": "<=",
    "<=": "<",
    ">": ">=",
    ">=": ">",
    "is": "is not",
    "is not": "is",
    "in": "not in",
    "not in": "in",
}
EXCHANGED = {"min": "max", "max": "min", "any": "all", "all": "any"}
METHODS = {"filter": "exclude", "exclude": "filter", "first": "last", "last": "first"}
#: Methods that can be left out, for they give a thing of the same kind.
LEFT_OUT = {"filter", "exclude", "distinct", "lower", "upper", "strip", "casefold", "order_by"}
SELECTING = {"filter", "exclude", "get", "Q"}
#: Arguments that say how something is written and not what is decided.
FORM = {"frozen", "slots", "kw_only", "strict", "flat", "max_length", "reverse_sql"}
TRANSLATED = {"_", "gettext", "gettext_lazy", "ngettext", "ngettext_lazy", "pgettext"}
LARGEST = 1000  # a number above it is a size, and one more or less of it changes nothing that anybody sees
SQL_WORDS = re.compile(
    r"\b(SELECT|FROM|WHERE|AND|OR|NOT|JOIN|CASE|WHEN|EXISTS|IS NULL|IN|ORDER BY|GROUP BY|DESC|UNION|UPDATE|DELETE)\b"
    r"|\w (=|<>|<|<=|>|>=) (%s|%\(|\w+\.\w+)|\bcoalesce\("
)
LITERAL = re.compile(r"""(?P<prefix>[a-zA-Z]*)(?P<quote>\"\"\"|'''|"|')""")


def edits(text: str) -> Iterator[Edit]:
    """Every fault that is possible in the module whose source is `text`."""
    yield from _Module(text).edits()


def is_sound(text: str) -> bool:
    """Whether `text` can be read as Python at all."""
    try:
        ast.parse(text)
    except SyntaxError:
        return False
    return True


class _Module:
    def __init__(self, text: str):
        self.text = text
        self.lines = text.splitlines(keepends=True)
        self.offsets = [0]
        for line in self.lines:
            self.offsets.append(self.offsets[-1] + len(line))
        self.tree = ast.parse(text)
        self.words = self._read_words()
        self.starts = [start for start, _end, _word in self.words]
        self.defaults = _defaults(self.tree)

    def edits(self) -> Iterator[Edit]:
        yield from self._inside(self.tree, in_function=False)

    # --- Places -------------------------------------------------------------------------------------------------

    def _offset(self, line: int, column: int) -> int:
        """The place of a line and a column in bytes, as ast counts them, in characters of the text."""
        return self.offsets[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def _span(self, node: ast.AST) -> tuple[int, int]:
        return self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)

    def _read_words(self) -> list[tuple[int, int, str]]:
        found = []
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type in (tokenize.OP, tokenize.NAME):
                start, end = (self.offsets[line - 1] + column for line, column in (token.start, token.end))
                found.append((start, end, token.string))
        return found

    def _between(self, left: ast.AST, right: ast.AST) -> list[tuple[int, int, str]]:
        """The words between two nodes, without parentheses."""
        first, last = self._span(left)[1], self._span(right)[0]
        inside = self.words[bisect_left(self.starts, first) : bisect_left(self.starts, last)]
        return [word for word in inside if word[2] not in "()"]

    def _replaced(self, node: ast.AST, after: str, kind: str) -> Edit:
        return Edit(*self._span(node), after, kind)

    # --- The way through the tree ---------------------------------------------------------------------------------

    def _inside(self, node: ast.AST, *, in_function: bool) -> Iterator[Edit]:
        for child in _children(node):
            yield from self._of(child, in_function)
            inner = in_function or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            if not isinstance(child, (ast.JoinedStr, ast.Constant)):
                yield from self._inside(child, in_function=inner)

    def _of(self, node: ast.AST, in_function: bool) -> Iterator[Edit]:
        match node:
            case ast.Compare():
                yield from self._compare(node)
            case ast.BoolOp():
                yield from self._boolean(node)
            case ast.UnaryOp(op=ast.Not()):
                yield Edit(self._span(node)[0], self._span(node.operand)[0], "", "negation")
            case ast.BinOp():
                yield from self._arithmetic(node, in_function)
            case ast.If() | ast.IfExp():
                yield self._replaced(node.test, "True", "condition")
                yield self._replaced(node.test, "False", "condition")
            case ast.comprehension():
                for test in node.ifs:
                    yield self._replaced(test, "True", "condition")
            case ast.Constant(value=str()) | ast.JoinedStr():
                yield from self._sql(node)
            case ast.Constant():
                yield from self._constant(node)
            case ast.Call():
                yield from self._call(node)
            case ast.Set() | ast.Tuple() | ast.List() if not in_function:
                yield from self._members(node, node.elts, node.elts)
            case ast.Dict() if not in_function and all(node.keys):
                yield from self._members(node, node.keys, node.values)
            case ast.stmt():
                yield from self._statement(node)

    def _compare(self, node: ast.Compare) -> Iterator[Edit]:
        for left, right in pairwise([node.left, *node.comparators]):
            words = self._between(left, right)
            sign = " ".join(word for _start, _end, word in words)
            if sign in COMPARED:
                yield Edit(words[0][0], words[-1][1], COMPARED[sign], "comparison")

    def _boolean(self, node: ast.BoolOp) -> Iterator[Edit]:
        is_and = isinstance(node.op, ast.And)
        for left, right in pairwise(node.values):
            for start, end, _word in self._between(left, right):
                yield Edit(start, end, "or" if is_and else "and", "boolean")
        for value in node.values:
            yield self._replaced(value, str(is_and), "condition removed")

    def _arithmetic(self, node: ast.BinOp, in_function: bool) -> Iterator[Edit]:
        signs = {"+": "-", "-": "+"} | ({"|": "&", "&": "|"} if in_function else {})
        texts = (ast.JoinedStr, ast.List, ast.Tuple, ast.ListComp)
        if any(isinstance(side, texts) or _is_text(side) for side in (node.left, node.right)):
            return
        for start, end, word in self._between(node.left, node.right):
            if word in signs:
                yield Edit(start, end, signs[word], "arithmetic")

    def _constant(self, node: ast.Constant) -> Iterator[Edit]:
        if isinstance(node.value, bool):
            yield self._replaced(node, str(not node.value), "value")
        elif isinstance(node.value, int) and abs(node.value) <= LARGEST:
            yield self._replaced(node, str(node.value + 1), "number")
            if node.value:
                yield self._replaced(node, str(node.value - 1), "number")

    def _call(self, node: ast.Call) -> Iterator[Edit]:
        name = _name(node.func)
        if isinstance(node.func, ast.Name) and name in EXCHANGED:
            yield self._replaced(node.func, EXCHANGED[name], "function")
        if isinstance(node.func, ast.Attribute):
            yield from self._method(node, name)
        for keyword in node.keywords:
            selects = name in SELECTING and len(node.args) + len(node.keywords) > 1
            if keyword.arg and (selects or keyword.arg in self.defaults.get(name, ())):
                everything = sorted([*node.args, *node.keywords], key=self._span)
                yield self._without(everything, everything.index(keyword), "argument removed")
        if name == "order_by":
            for argument in node.args:
                if _is_text(argument):
                    start = self._span(argument)[0] + 1
                    descending = argument.value.startswith("-")
                    yield Edit(start, start + descending, "" if descending else "-", "order")

    def _method(self, node: ast.Call, name: str) -> Iterator[Edit]:
        end = self._span(node.func)[1]
        if name in METHODS:
            yield Edit(end - len(name), end, METHODS[name], "method")
        if name in LEFT_OUT and not (name == "filter" and _name(node.func.value) == "objects" and not node.args):
            yield Edit(self._span(node.func.value)[1], self._span(node)[1], "", "call removed")

    def _members(self, node: ast.expr, firsts: list, lasts: list) -> Iterator[Edit]:
        """Each entry of a table of the module, left out."""
        if len(firsts) > 2 or (len(firsts) == 2 and not isinstance(node, ast.Tuple)):
            pairs = [(self._span(first)[0], self._span(last)[1]) for first, last in zip(firsts, lasts, strict=True)]
            for place in range(len(pairs)):
                yield Edit(*_cut(pairs, place), "", "entry removed")

    def _without(self, nodes: list, place: int, kind: str) -> Edit:
        return Edit(*_cut([self._span(node) for node in nodes], place), "", kind)

    def _statement(self, node: ast.stmt) -> Iterator[Edit]:
        match node:
            case ast.Raise() | ast.AugAssign() | ast.Continue() | ast.Break() | ast.Delete():
                yield self._replaced(node, "pass", "statement removed")
            case ast.Expr(value=ast.Call() | ast.Yield() | ast.YieldFrom()):
                yield self._replaced(node, "pass", "statement removed")
            case ast.Assign(targets=[ast.Attribute() | ast.Subscript()]):
                yield self._replaced(node, "pass", "statement removed")
            case ast.Return(value=ast.expr() as value) if not isinstance(value, ast.Constant):
                yield self._replaced(value, "None", "answer removed")

    # --- SQL --------------------------------------------------------------------------------------------------------

    def _sql(self, node: ast.expr) -> Iterator[Edit]:
        start, end = self._span(node)
        for first, last, is_formatted in _literals(self.text, start, end):
            masked = _masked(self.text[first:last], is_formatted)
            if SQL_WORDS.search(masked):
                for edit in sql.edits(masked):
                    yield edit.moved(first)._replace(after=self._unmasked(edit, masked, first))

    def _unmasked(self, edit: Edit, masked: str, first: int) -> str:
        """What an edit puts in, with the fields of the source where it keeps a piece of what it replaces."""
        if edit.kind != "default removed":
            return edit.after
        kept = edit.after[:-1]
        start = first + masked.index(kept, edit.start)
        return self.text[start : start + len(kept)] + ")"


def _children(node: ast.AST) -> Iterator[ast.AST]:
    """What may hold a decision: no annotation, no decorator, no docstring, and no words that are only read."""
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list", "bases", "type_params"):
            continue
        if isinstance(node, ast.Call) and _name(node.func) in TRANSLATED:
            continue
        for child in value if isinstance(value, list) else [value]:
            if not isinstance(child, ast.AST) or isinstance(child, (ast.Import, ast.ImportFrom, ast.MatchValue)):
                continue
            if isinstance(child, ast.keyword) and child.arg in FORM:
                continue
            if isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant):
                continue
            if isinstance(child, ast.Assign) and _name(child.targets[0]).startswith("__"):
                continue
            yield child


def _name(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _defaults(tree: ast.Module) -> dict[str, set[str]]:
    """The arguments with a default, of each function and each class of fields of the module."""
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            given = node.args.args[len(node.args.args) - len(node.args.defaults) :]
            named = [arg for arg, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True) if value]
            found[node.name] = {arg.arg for arg in (*given, *named)}
        elif isinstance(node, ast.ClassDef):
            fields = [line for line in node.body if isinstance(line, ast.AnnAssign) and line.value]
            found[node.name] = {line.target.id for line in fields if isinstance(line.target, ast.Name)}
    return found


def _cut(spans: list[tuple[int, int]], place: int) -> tuple[int, int]:
    """The span of one of a list with the comma that belongs to it."""
    if place + 1 < len(spans):
        return spans[place][0], spans[place + 1][0]
    return (spans[place - 1][1] if place else spans[place][0]), spans[place][1]


def _literals(text: str, start: int, end: int) -> Iterator[tuple[int, int, bool]]:
    """The bodies of the literals that stand side by side from `start` to `end`: (first, last, is formatted)."""
    while start < end:
        found = LITERAL.match(text, start)
        if found is None:
            start = text.find("\n", start) + 1 or end if text[start] == "#" else start + 1
            continue
        first, quote = found.end(), found["quote"]
        last = first
        while not text.startswith(quote, last):
            last += 2 if text[last] == "\\" else 1
        yield first, last, "f" in found["prefix"].lower()
        start = last + len(quote)


def _masked(body: str, is_formatted: bool) -> str:
    """`body` with letters in place of its fields and parameters: as long, and SQL."""
    masked, at = list(body), 0
    while at < len(body):
        if body.startswith("{{", at) and is_formatted:
            end = body.find("}}", at) + 2
        elif body[at] == "{":
            end = _closing(body, at)
        elif body.startswith("%(", at):
            end = body.find(")", at) + 2
        elif body[at] == "\\":
            end = at + 2
        else:
            at += 1
            continue
        if end <= at + 1:
            break
        masked[at:end] = "p" * (min(end, len(body)) - at)
        at = end
    return "".join(masked)


def _closing(body: str, at: int) -> int:
    """Behind the brace that closes the one at `at`; 0 where none does."""
    depth = 0
    for place in range(at, len(body)):
        depth += {"{": 1, "}": -1}.get(body[place], 0)
        if depth == 0:
            return place + 1
    return 0
