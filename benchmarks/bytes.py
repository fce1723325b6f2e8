"""`python -m benchmarks bytes --before REV`: what a profile and an event take of the disk, and a customer of the CPU.

The demo is loaded into two installations of their own, one by this tree and one by the revision before; then customers
of two identifiers and five sealed values are imported by both in turn. Bytes are told as the load leaves them, with all
indexes, keys and consents.
"""

import argparse
import csv
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.measure import TURNS
from cdp.operations import sizes
from cdp.operations.sizes import TableSize

ROOT = Path(__file__).resolve().parents[1]
IN_TREE = f"import runpy; runpy.run_path({str(ROOT / 'benchmarks' / 'in_tree.py')!r}, run_name='__main__')"
CUSTOMER = {
    "external_id": "id",
    "identifiers": {"email": "email", "phone": "phone"},
    "traits": {"first_name": "first", "last_name": "last", "full_name": "full", "street": "street", "byname": "byname"},
}
#: Goals of a profile in bytes (of two records and 8 events), of an event, and of the CPU of a customer before.
PROFILE, EVENT, CPU = 10_000, 430, 0.55
NO_SLOWER = 1.1  # measurements differ by as much
EVENTS = ("profiles_event", "profiles_eventkey")
#: What a profile did not have before: told by itself.
ADDED = ("profiles_change", "profiles_orderline")
#: Tables of less than this a profile are told together.
SMALL = 40
NONE = (0.0, 0.0)


@dataclass(frozen=True)
class Tree:
    """Sources at one revision, and an installation of theirs."""

    name: str
    folder: Path
    data: Path

    def manage(self, *command: str) -> None:
        self._run("manage.py", *command)

    def ask(self, *question: str):
        """The answer of benchmarks/in_tree.py, run in this tree."""
        return json.loads(self._run("-c", IN_TREE, *question).splitlines()[-1])

    def _run(self, *arguments: str) -> str:
        here = os.environ | {"KENDT_DATA": str(self.data), "KENDT_ENV": "test"}
        done = subprocess.run(
            [sys.executable, *arguments], cwd=self.folder, env=here, check=True, stdout=subprocess.PIPE, text=True
        )
        return done.stdout


def main(arguments: list[str]) -> int:
    options = _options(arguments)
    with ExitStack() as stack:
        place = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="kendt-")))
        place.chmod(0o711)
        trees = [Tree("now", ROOT, place / "now")]
        if options.before:
            trees.append(Tree("before", stack.enter_context(_checked_out(options.before, place)), place / "before"))
        for tree in trees:
            stack.enter_context(_installed(tree))
            _fill(tree, options)
        found = {tree.name: _sizes(tree) for tree in trees}
        print(_by_table(found))
        verified = {tree.name: min(tree.ask("seconds", "verify") for _turn in range(TURNS)) for tree in trees}
        spent = _imports(trees, place, options.customers) if options.customers else {}
    return _judge(found, verified, spent, options.customers)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks bytes")
    parser.add_argument("--before", metavar="REV", help="a revision of git to compare with")
    parser.add_argument("--people", type=int, default=10_000, help="of the demo")
    parser.add_argument("--events", type=int, default=84_000, help="of the demo")
    parser.add_argument("--customers", type=int, default=20_000, help="to import; 0 measures bytes alone")
    return parser.parse_args(arguments)


@contextmanager
def _checked_out(revision: str, place: Path) -> Iterator[Path]:
    folder = place / "sources"
    git = [shutil.which("git") or "git", "-C", ROOT, "worktree"]
    subprocess.run([*git, "add", "--detach", folder, revision], check=True, capture_output=True)
    try:
        yield folder
    finally:
        subprocess.run([*git, "remove", "--force", folder], check=True)


@contextmanager
def _installed(tree: Tree) -> Iterator[None]:
    tree.data.mkdir(mode=0o711)
    tree.manage("db", "start")
    try:
        tree.manage("migrate", "--verbosity", "0")
        yield
    finally:
        tree.manage("db", "stop")


def _fill(tree: Tree, options: argparse.Namespace) -> None:
    tree.manage("demo", "--people", str(options.people), "--events", str(options.events))
    tree.ask("sql", "VACUUM ANALYZE")


def _sizes(tree: Tree) -> list[TableSize]:
    return sizes.measured(tree.ask("sql", sizes.TABLES), tree.ask("sql", sizes.INDEXES))


# --- Bytes ------------------------------------------------------------------------------------------------------------


def _a_profile(found: list[TableSize]) -> float:
    return sum(one.total for one in found if one.name not in ADDED) / sizes.people(found)


def _added(found: list[TableSize]) -> float:
    return sum(one.total for one in found if one.name in ADDED) / sizes.people(found)


def _an_event(found: list[TableSize]) -> float:
    events = next(one.rows for one in found if one.name == "profiles_event")
    return sum(one.total for one in found if one.name in EVENTS) / max(1, events)


def _by_table(found: dict[str, list[TableSize]]) -> str:
    """Bytes a profile of each table, with its indexes and without: markdown, for a page of the docs."""
    shares = {name: _shares(tables) for name, tables in found.items()}
    names = sorted(
        set().union(*shares.values()), key=lambda table: -max(of.get(table, NONE)[0] for of in shares.values())
    )
    large = [table for table in names if max(of.get(table, NONE)[0] for of in shares.values()) >= SMALL]
    lines = [_row("bytes a profile", *(part for name in found for part in (name, "without indexes")))]
    lines.append(_row(*["---"] * (1 + 2 * len(found))))
    for title, tables in [*((one, [one]) for one in large), ("others", names[len(large) :]), ("all", names)]:
        sums = [sum(of.get(table, NONE)[part] for table in tables) for of in shares.values() for part in (0, 1)]
        lines.append(_row(title, *(f"{one:,.0f}" for one in sums)))
    return "\n".join(lines)


def _shares(tables: list[TableSize]) -> dict[str, tuple[float, float]]:
    """{table: (bytes a profile, of these without indexes)}."""
    people = sizes.people(tables)
    return {one.name: (one.total / people, one.bytes / people) for one in tables}


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


# --- CPU of an import -------------------------------------------------------------------------------------------------


def _imports(trees: list[Tree], place: Path, customers: int) -> dict[str, float]:
    """{tree: least CPU seconds of importing so many new customers}, in turn."""
    (place / "spec.json").write_text(json.dumps(CUSTOMER))
    for tree in trees:
        tree.ask("attribute", "byname")
    spent = defaultdict(list)
    for turn in range(TURNS):
        file = place / f"customers{turn}.csv"
        _write_customers(file, first=1 + turn * customers, count=customers)
        keep = ["--save-mapping", str(place / "spec.json"), "--rows", "customers"]
        for tree in reversed(trees):
            command = ["import_file", str(file), "--source", "crm", "--mapping", "bytes", *keep]
            spent[tree.name].append(tree.ask("seconds", *command))
    return {name: min(turns) for name, turns in spent.items()}


def _write_customers(file: Path, *, first: int, count: int) -> None:
    dice = random.Random(first)
    with file.open("w", newline="") as out:
        lines = csv.writer(out)
        lines.writerow(["id", "email", "phone", "first", "last", "full", "street", "byname"])
        for n in range(first, first + count):
            name, family = f"First{dice.randrange(900)}", f"Last{dice.randrange(9000)}"
            said = [name, family, f"{name} {family}", f"Street {dice.randrange(500)}", f"By{dice.randrange(900)}"]
            lines.writerow([f"weighed{n}", f"person{n}@example.dk", f"+4526{n:06d}", *said])


def _judge(
    found: dict[str, list[TableSize]], verified: dict[str, float], spent: dict[str, float], customers: int
) -> int:
    """Print what was seen beside the goals; 1 where one is missed."""
    good = True
    print("\n| What | " + " | ".join(found) + " | goal |\n" + _row(*["---"] * (len(found) + 2)))
    for what, of, goal in (
        ("bytes a profile", _a_profile, PROFILE),
        ("bytes an event, with its key", _an_event, EVENT),
    ):
        good &= of(found["now"]) <= goal
        print(_row(what, *(f"{of(tables):,.0f}" for tables in found.values()), f"<= {goal:,}"))
    print(_row("bytes a profile of the feed and of order lines", *(f"{_added(of):,.0f}" for of in found.values()), ""))
    good &= verified["now"] <= NO_SLOWER * verified.get("before", verified["now"])
    print(_row("CPU s of verify", *(f"{verified[name]:.1f}" for name in found), "no slower"))
    if spent:
        print(_row("CPU ms a customer", *(f"{1000 * spent[name] / customers:.2f}" for name in found), ""))
    if "before" in spent:
        ratio = spent["now"] / spent["before"]
        good &= ratio <= CPU
        print(_row("CPU of a customer, of the one before", f"{ratio:.2f}", "", f"<= {CPU}"))
    return 0 if good else 1
