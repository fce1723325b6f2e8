"""Which tests reach a line: measured once for each file of tests, again where it or the sources have changed."""

import ast
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from coverage import CoverageData

from tests.mutants.deciding import ROOT, makes_tables
from tests.mutants.mutant import Mutant, digest
from tests.mutants.workshop import Workshop

APPS = ("cdp", "profiles", "consents", "partners", "segments")
LIMIT = 3600  # seconds, for all tests of a folder with the measuring of lines
COVERAGE = """
[run]
source = cdp,profiles,consents,partners,segments
relative_files = true
data_file = .reach
"""


def sources(root: Path = ROOT) -> list[Path]:
    return sorted(path for app in APPS for ending in ("*.py", "*.sql") for path in (root / app).rglob(ending))


def tests_in(folder: str, root: Path = ROOT) -> list[str]:
    """The files of tests in `folder`; itself where it is one."""
    found = (root / folder).rglob("test_*.py") if (root / folder).is_dir() else [root / folder]
    return sorted(str(path.relative_to(root)) for path in found)


def helpers(root: Path = ROOT) -> list[Path]:
    """What the files of tests stand on: builders and fixtures."""
    mine = root / "tests" / "mutants"
    return sorted(p for p in (root / "tests").rglob("*.py") if not p.name.startswith("test_") and mine not in p.parents)


def digest_of(paths: Iterable[Path]) -> str:
    return digest(*(path.read_bytes() for path in paths))


class Function(NamedTuple):
    """The lines of its body, and the names it uses."""

    file: str
    name: str
    first: int
    last: int
    uses: frozenset[str]


class Reach:
    """What was measured, as `path` holds it.

    {file of tests: {"digest", "seconds": {test: seconds}, "lines": {source: {test: [line]}}}}.
    """

    def __init__(self, path: Path, root: Path = ROOT):
        self.path, self.root = path, root
        self.measured = json.loads(path.read_text()) if path.exists() else {}

    # --- Measuring ------------------------------------------------------------------------------------------------

    def stale(self, folder: str) -> list[str]:
        """The files of tests in `folder` that must be measured."""
        base = digest_of([*sources(self.root), *helpers(self.root)])
        return [
            test
            for test in tests_in(folder, self.root)
            if self.measured.get(test, {}).get("digest") != self._digest(test, base)
        ]

    def measure(self, folder: str, place: Workshop) -> None:
        """Run the stale tests of `folder` and learn which lines each of them reaches."""
        if not (stale := self.stale(folder)):
            return
        (place.root / ".reach.rc").write_text(COVERAGE)
        options = ["--reuse-db"] if place.database else []
        options += ["-o", "timeout=600", "--cov", "--cov-config=.reach.rc", "--cov-context=test", "--cov-report="]
        run = place.run(stale, *options, limit=LIMIT)
        if run.stopped or run.failed or run.code:
            raise SystemExit(f"The tests of {folder} must pass before faults are planted.\n{run.output}")
        base = digest_of([*sources(self.root), *helpers(self.root)])
        lines = _lines(place.root / ".reach")
        for test in stale:
            mine = {name: spent for name, spent in run.seconds.items() if name.split("::")[0] == test}
            self.measured[test] = {"digest": self._digest(test, base), "seconds": mine, "lines": lines.get(test, {})}

    def keep(self) -> None:
        self.path.write_text(json.dumps(dict(self.measured)))

    def _digest(self, test: str, base: str) -> str:
        return digest(base, (self.root / test).read_bytes())

    # --- Asking ---------------------------------------------------------------------------------------------------

    def tests(self, mutant: Mutant, folders: Iterable[str]) -> dict[str, float]:
        """The tests in `folders` that reach `mutant` and the seconds they take, fastest first."""
        measured = {test: self.measured[test] for folder in folders for test in tests_in(folder, self.root)}
        seconds = {name: spent for one in measured.values() for name, spent in one["seconds"].items()}
        places = list(self._places(mutant))
        reaching = _executing(measured.values(), places) if places else set(seconds)
        return {name: seconds[name] for name in sorted(reaching & set(seconds), key=lambda name: (seconds[name], name))}

    def _places(self, mutant: Mutant) -> Iterator[tuple[str, int, int]]:
        """(file, first, last) of lines that are executed where the mutant matters; none where that cannot be told."""
        if makes_tables(mutant.file):
            return
        tree = ast.parse((self.root / mutant.file).read_bytes())
        path = list(_path_to(tree, mutant.line))
        function = next((node for node in path if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))), None)
        in_body = function and mutant.line >= function.body[0].lineno
        if in_body:
            yield mutant.file, *_head(path[-1])
        elif path and any(isinstance(node, ast.Lambda) for node in ast.walk(path[-1])):
            yield mutant.file, mutant.line, mutant.line
        names = {function.name} if function else {name for node in path for name in _assigned(node)}
        if not in_body or self._is_called_on_loading(function.name):
            yield from self._users(names)

    def _is_called_on_loading(self, name: str) -> bool:
        return any(name in uses for _targets, uses in self.constants)

    def _users(self, names: set[str]) -> Iterator[tuple[str, int, int]]:
        """The functions that use one of `names`, or a constant that is made of them."""
        known, growing = set(names), True
        while growing:
            more = {target for targets, uses in self.constants if uses & known for target in targets} - known
            known |= more
            growing = bool(more)
        for function in self.functions:
            if function.uses & known:
                yield function.file, function.first, function.last

    @cached_property
    def trees(self) -> dict[str, ast.Module]:
        paths = [path for path in sources(self.root) if path.suffix == ".py" and "migrations" not in path.parts]
        return {str(path.relative_to(self.root)): ast.parse(path.read_bytes()) for path in paths}

    @cached_property
    def functions(self) -> list[Function]:
        return [
            Function(file, node.name, node.body[0].lineno, node.end_lineno, _names(node))
            for file, tree in self.trees.items()
            for node in ast.walk(tree)
            if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        ]

    @cached_property
    def constants(self) -> list[tuple[set[str], frozenset[str]]]:
        """Of each assignment of a module or a class: what it names, and the names it uses."""
        return [
            (_assigned(node), _names(node))
            for tree in self.trees.values()
            for scope in ast.walk(tree)
            if isinstance(scope, (ast.Module, ast.ClassDef))
            for node in scope.body
            if isinstance(node, (ast.Assign, ast.AnnAssign))
        ]


def _lines(path: Path) -> dict[str, dict[str, dict[str, list[int]]]]:
    """{file of tests: {source: {test: lines}}} as coverage has written it down."""
    data, found = CoverageData(str(path)), defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    data.read()
    for source in data.measured_files():
        for line, contexts in data.contexts_by_lineno(source).items():
            for context in filter(None, contexts):
                test = context.rsplit("|", 1)[0]
                found[test.split("::")[0]][source][test].add(line)
    return {
        file: {source: {test: sorted(lines) for test, lines in tests.items()} for source, tests in by_source.items()}
        for file, by_source in found.items()
    }


def _executing(measured: Iterable[dict], places: list[tuple[str, int, int]]) -> set[str]:
    """The tests that execute a line of one of `places`."""
    by_file = defaultdict(set)
    for file, first, last in places:
        by_file[file] |= set(range(first, last + 1))
    return {
        test
        for one in measured
        for file, wanted in by_file.items()
        for test, lines in one["lines"].get(file, {}).items()
        if not wanted.isdisjoint(lines)
    }


def _path_to(node: ast.AST, line: int) -> Iterator[ast.stmt]:
    """The statements that hold `line`, outermost first."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt) and child.lineno <= line <= child.end_lineno:
            yield child
            yield from _path_to(child, line)
        elif not isinstance(child, ast.stmt) and not isinstance(child, ast.expr):
            yield from _path_to(child, line)


def _head(node: ast.stmt) -> tuple[int, int]:
    """The lines of a statement without those of the block it opens."""
    body = getattr(node, "body", None)
    return node.lineno, body[0].lineno - 1 if body and body[0].lineno > node.lineno else node.end_lineno


def _assigned(node: ast.AST) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return {name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)}


def _names(node: ast.AST) -> frozenset[str]:
    used = {child.id for child in ast.walk(node) if isinstance(child, ast.Name)}
    return frozenset(used | {child.attr for child in ast.walk(node) if isinstance(child, ast.Attribute)})
