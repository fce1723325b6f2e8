"""What is asserted of each of some things is asserted of one at least: of nothing, everything is true.

What an assertion goes through is written out, a constant, or said to be something by `tests.some.each`. Only properties
of drawn examples are left alone: among many examples some are empty.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.some import each

TESTS = Path(__file__).parent
#: Functions that give something of something, and methods that do.
KEEPING = {"sorted", "reversed", "enumerate", "zip", "list", "tuple", "set", "frozenset", "map", "cycle"}
READING = {"items", "keys", "values", "split", "splitlines"}


class Scope:
    """One function, or what stands outside of all: what its names are surely bound to."""

    def __init__(self, node: ast.AST):
        self.bound: dict[str, list[ast.expr]] = {}
        for one in ast.walk(node):
            if isinstance(one, ast.Assign) and isinstance(one.targets[0], ast.Name):
                self.bound.setdefault(one.targets[0].id, []).append(one.value)

    def is_some(self, node: ast.expr) -> bool:
        """Whether what is gone through surely holds something."""
        match node:
            case ast.Constant(value=str() | bytes() as text):
                return bool(text)
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                return any(not isinstance(part, ast.Starred) or self.is_some(part.value) for part in parts)
            case ast.Dict(keys=keys, values=parts):
                return any(key is not None or self.is_some(part) for key, part in zip(keys, parts, strict=True))
            case ast.Name(id=name):
                values = self.bound.pop(name, None) if not name.isupper() else None  # a name in terms of itself is none
                found = name.isupper() or (bool(values) and all(map(self.is_some, values)))
                if values:
                    self.bound[name] = values
                return found
            case ast.Attribute(attr=name):
                return name.isupper()
            case ast.BinOp(op=ast.Add() | ast.BitOr(), left=left, right=right):
                return self.is_some(left) or self.is_some(right)
            case ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return all(not part.ifs and self.is_some(part.iter) for part in node.generators)
            case ast.Call():
                return self._gives_some(node)
        return False

    def _gives_some(self, call: ast.Call) -> bool:
        match call.func:
            case ast.Name(id="each"):
                return True
            case ast.Name(id="range"):
                ends = [part.value for part in call.args if isinstance(part, ast.Constant)]
                return len(ends) == len(call.args) and len(range(*ends)) > 0
            case ast.Name(id="map"):
                return all(map(self.is_some, call.args[1:]))
            case ast.Name(id=name) if name in KEEPING:
                return bool(call.args) and all(map(self.is_some, call.args))
            case ast.Attribute(attr=name, value=of) if name in READING:
                return self.is_some(of)
        return False

    def is_set(self, node: ast.expr) -> bool:
        match node:
            case ast.Name(id=name):
                return any(not isinstance(value, ast.Name) and self.is_set(value) for value in self.bound.get(name, ()))
            case ast.Call(func=ast.Name(id="set" | "frozenset")) | ast.Call(func=ast.Attribute(attr="keys")):
                return True
        return isinstance(node, ast.Set | ast.SetComp)


def gone_through(function: ast.AST, scope: Scope) -> Iterator[ast.expr]:
    """What the assertions of a function are about each of."""
    for node in ast.walk(function):
        if isinstance(node, ast.For) and any(map(judges, ast.walk(node))):
            yield node.iter
        elif isinstance(node, ast.Assert):
            yield from judged(node.test, scope)


def judges(node: ast.AST) -> bool:
    """Whether it is an assertion, or something that must be refused."""
    return isinstance(node, ast.Assert) or (isinstance(node, ast.Attribute) and node.attr == "raises")


def judged(test: ast.expr, scope: Scope) -> Iterator[ast.expr]:
    for node in ast.walk(test):
        match node:
            case ast.Call(func=ast.Name(id="all"), args=[of]):
                yield of
            case ast.UnaryOp(op=ast.Not(), operand=ast.Call(func=ast.Name(id="any"), args=[of])):
                yield of
            case ast.Compare(left=left, ops=[ast.LtE() | ast.Lt()]) if scope.is_set(left):
                yield left


def empty_ones(text: str) -> list[str]:
    """Line and text of what may be empty although each of it is judged."""
    tree = ast.parse(text)
    found = []
    for function in [node for node in tree.body if not is_property(node)]:
        scope = Scope(function)
        found += [node for node in gone_through(function, scope) if not scope.is_some(node)]
    return [f"{node.lineno}: {ast.unparse(node)}" for node in sorted(found, key=lambda node: node.lineno)]


def is_property(node: ast.stmt) -> bool:
    """Whether hypothesis draws its examples."""
    named = [ast.unparse(one) for one in getattr(node, "decorator_list", ())]
    return any(name.startswith("given(") for name in named)


def test_each_of_nothing_fails():
    for nothing in ([], {}, iter(()), (one for one in ())):
        with pytest.raises(AssertionError, match="nothing to judge"):
            each(nothing)


def test_each_gives_the_same_things_one_by_one():
    made = []
    given = each(made.append(one) or one for one in range(3))

    assert made == [0]
    assert (list(given), made) == ([0, 1, 2], [0, 1, 2])
    assert each({1, 2}) <= {1, 2, 3}


def test_what_is_judged_one_by_one_is_at_least_one():
    files = sorted(TESTS.rglob("*.py"))

    assert Path(__file__) in files
    assert {str(file.relative_to(TESTS)): found for file in files if (found := empty_ones(file.read_text()))} == {}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("def test():\n    for one in rows():\n        assert one", ["2: rows()"]),
        ("def test():\n    for one in rows():\n        with pytest.raises(Error):\n            one()", ["2: rows()"]),
        ("def test():\n    for one in [1]:\n        for two in one.parts:\n            assert two", ["3: one.parts"]),
        ("def test():\n    found = []\n    for one in found:\n        assert one", ["3: found"]),
        ("def test():\n    found = [1]\n    found = rows()\n    for one in found:\n        assert one", ["4: found"]),
        ("def test():\n    for one in range(0):\n        assert one", ["2: range(0)"]),
        ("def test():\n    for one in [*rows()]:\n        assert one", ["2: [*rows()]"]),
        ("def test():\n    assert all(rows())", ["2: rows()"]),
        ("def test():\n    assert all(a for a in A if a.b)", ["2: (a for a in A if a.b)"]),
        ("def test():\n    assert not any(a.b for a in rows())", ["2: (a.b for a in rows())"]),
        ("def test():\n    assert set(rows()) <= KNOWN", ["2: set(rows())"]),
        ("def test():\n    found = {a for a in rows()}\n    assert found <= KNOWN", ["3: found"]),
        ("def test():\n    for one in each(rows()):\n        assert one", []),
        ("def test():\n    for one in [1, *rows()]:\n        assert one", []),
        ("def test():\n    found = {'a': 1}\n    for one, two in found.items():\n        assert one", []),
        ("def test():\n    for one in range(3):\n        assert one", []),
        ("def test():\n    for one in rows():\n        one.go()", []),
        ("def test():\n    assert any(rows())", []),
        ("def test():\n    assert len(rows()) <= 3", []),
        ("def test():\n    assert each(set(rows())) <= KNOWN", []),
        ("@given(rows())\ndef test(said):\n    for one in said:\n        assert one", []),
    ],
)
def test_what_may_be_empty_is_found(text, found):
    assert empty_ones(text) == found
