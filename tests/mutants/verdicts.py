"""What became of each mutant: a line of JSON each, so that a run goes on where the last one stopped."""

import json
import tomllib
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from tests.mutants.deciding import ROOT, tests_of
from tests.mutants.mutant import Mutant, digest
from tests.mutants.reach import digest_of, helpers, tests_in

EQUIVALENT = Path(__file__).with_name("equivalent.toml")
KILLED_AT_LEAST = 95  # percent of all
EQUIVALENT_AT_MOST = 3


@dataclass(frozen=True)
class Verdict:
    """fate: killed, hung (killed by the time limit), broken (killed on loading) or survived. by: the test that failed.

    mutant: digest of the mutant and its file. rests_on: digest of the test that killed it, or of all that could not.
    """

    mutant: str
    rests_on: str
    fate: str
    kind: str
    text: str
    by: str = ""
    seconds: float = 0
    tests: int = 0

    @property
    def is_killed(self) -> bool:
        return self.fate != "survived"


class Verdicts:
    """Those of `path` that still hold."""

    def __init__(self, path: Path, root: Path = ROOT):
        self.path, self.root = path, root
        lines = path.read_text().splitlines() if path.exists() else []
        self.found = {verdict.mutant: verdict for verdict in (Verdict(**json.loads(line)) for line in lines)}

    def of(self, mutant: Mutant) -> Verdict | None:
        """The verdict on `mutant`; None where there is none or where its file or the tests it rests on have changed."""
        verdict = self.found.get(self.key(mutant))
        return verdict if verdict and verdict.rests_on == self.rests_on(mutant, verdict.by) else None

    def add(self, verdict: Verdict) -> None:
        self.found[verdict.mutant] = verdict
        with self.path.open("a") as file:
            file.write(_line(verdict))

    def forget(self, tests: set[str]) -> None:
        """Take back what `tests` have killed."""
        self.found = {key: verdict for key, verdict in self.found.items() if verdict.by not in tests}
        self.path.write_text("".join(_line(verdict) for verdict in self.found.values()))

    def key(self, mutant: Mutant) -> str:
        return digest(mutant.identity, (self.root / mutant.file).read_bytes())

    def rests_on(self, mutant: Mutant, by: str) -> str:
        folders = tests_of(mutant.file, self.root)
        tests = [by.split("::")[0]] if by else [test for folder in folders for test in tests_in(folder, self.root)]
        present = [self.root / test for test in tests if (self.root / test).exists()]
        return digest(*tests, digest_of([*helpers(self.root), *present]))


def _line(verdict: Verdict) -> str:
    return json.dumps(asdict(verdict), ensure_ascii=False) + "\n"


def equivalents(path: Path = EQUIVALENT) -> dict[tuple[str, str, str], str]:
    """{(file, before, after): why it changes nothing that anybody could see}."""
    entries = tomllib.loads(path.read_text())["mutant"] if path.exists() else []
    return {(one["file"], one["before"], one["after"]): one["reason"] for one in entries}


@dataclass
class Summary:
    killed: int = 0
    survived: list[Mutant] = field(default_factory=list)
    excused: list[tuple[Mutant, str]] = field(default_factory=list)
    by_kind: dict[str, Counter] = field(default_factory=dict)

    @property
    def number(self) -> int:
        return self.killed + len(self.survived) + len(self.excused)

    @property
    def percent(self) -> float:
        return 100 * self.killed / self.number if self.number else 100.0

    @property
    def is_good(self) -> bool:
        return self.percent >= KILLED_AT_LEAST and 100 * len(self.excused) <= EQUIVALENT_AT_MOST * self.number


def summary(mutants: Iterable[Mutant], of: Callable[[Mutant], Verdict], excuses: dict) -> Summary:
    found = Summary()
    for mutant in mutants:
        verdict = of(mutant)
        reason = excuses.get((mutant.file, mutant.before, mutant.after))
        found.by_kind.setdefault(mutant.edit.kind, Counter())["killed" if verdict.is_killed else "survived"] += 1
        if verdict.is_killed:
            found.killed += 1
        elif reason:
            found.excused.append((mutant, reason))
        else:
            found.survived.append(mutant)
    return found
