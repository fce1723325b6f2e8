"""Planting from end to end, in a small tree whose tests need no database."""

import shutil
from pathlib import Path
from typing import NamedTuple

import pytest

from tests.mutants import deciding, drawing
from tests.mutants.mutant import Mutant
from tests.mutants.planting import judge
from tests.mutants.reach import Reach
from tests.mutants.verdicts import Verdicts, summary
from tests.mutants.workshop import Workshop, workshop

FOLDER = "tests/profiles"
FILE, TESTS = "profiles/identity/evidence.py", f"{FOLDER}/test_evidence.py"
MODULE = """
OLDEST = 18


def is_grown(age):
    return age >= OLDEST


def wait(n):
    while n > 5:
        n -= 1
    return n


def nobody_asks(age):
    return age < 0
"""
PLANTED = {"OLDEST = 19", "return age > OLDEST", "while n >= 5:", "pass", "return age <= 0"}
ITS_TESTS = """
from profiles.identity.evidence import is_grown, wait


def test_grown():
    assert is_grown(18) and not is_grown(17)


def test_wait():
    assert wait(7)
"""


class Small(NamedTuple):
    """A tree with one module that decides, its tests and this tool; a copy of it; and the verdict on each mutant."""

    root: Path
    place: Workshop
    mutants: list[Mutant]
    verdicts: Verdicts


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    folder = tmp_path_factory.mktemp("mutants")
    root = folder / "small"
    for package in ("cdp", "profiles", "profiles/identity", "tests", FOLDER):
        (root / package).mkdir(parents=True, exist_ok=True)
        (root / package / "__init__.py").touch()
    (root / "tests" / "mutants").symlink_to(deciding.ROOT / "tests" / "mutants")
    (root / "pytest.ini").touch()
    (root / "cdp" / "settings.py").write_text("SECRET_KEY = 'x'\n")
    (root / FILE).write_text(MODULE)
    (root / TESTS).write_text(ITS_TESTS)
    with workshop(folder / "data", source=root) as place:
        yield Small(root, place, *judged(root, place, folder))


def judged(root, place, state):
    reach, verdicts = Reach(state / "reach.json", root), Verdicts(state / "verdicts.jsonl", root)
    reach.measure(FOLDER, place)
    reach.keep()
    found = [mutant for mutant in drawing.of_file(FILE, root) if mutant.after in PLANTED]
    for mutant in found:
        tests = reach.tests(mutant, [FOLDER])
        verdicts.add(judge(mutant, place, tests, verdicts, longest=3))
    return found, verdicts


def test_what_a_test_notices_is_killed_what_never_ends_hangs_and_the_rest_survives(small):
    found = {one.after: small.verdicts.of(one) for one in small.mutants}
    assert {after: (verdict.fate, verdict.by, verdict.tests) for after, verdict in found.items()} == {
        "OLDEST = 19": ("killed", f"{TESTS}::test_grown", 1),
        "return age > OLDEST": ("killed", f"{TESTS}::test_grown", 1),
        "while n >= 5:": ("survived", "", 1),
        "pass": ("hung", f"{TESTS}::test_wait", 1),
        "return age <= 0": ("survived", "", 0),
    }


def test_the_summary_counts_what_survived_by_what_excuses_it(small):
    told = summary(small.mutants, small.verdicts.of, {(FILE, "return age < 0", "return age <= 0"): "Nobody asks."})
    assert (told.killed, told.percent, told.is_good) == (3, 60, False)
    assert [mutant.after for mutant in told.survived] == ["while n >= 5:"]
    assert [(mutant.after, reason) for mutant, reason in told.excused] == [("return age <= 0", "Nobody asks.")]


def test_afterwards_the_copy_is_what_it_was_byte_for_byte(small):
    path = small.place.root / FILE
    before, during = path.read_bytes(), []
    for mutant in small.mutants:
        with small.place.planted(mutant):
            during.append(path.read_bytes())
    assert (path.read_bytes(), len({before, *during})) == (before, 1 + len(small.mutants))


def test_a_mutant_is_taken_back_also_where_its_run_breaks_off(small):
    path = small.place.root / FILE
    before = path.read_bytes()
    with pytest.raises(KeyboardInterrupt), small.place.planted(small.mutants[0]):
        raise KeyboardInterrupt
    assert path.read_bytes() == before


def test_a_verdict_holds_until_its_file_or_the_tests_it_rests_on_change(small, tmp_path):
    root = shutil.copytree(small.root, tmp_path / "small", symlinks=True)
    stored = Verdicts(small.verdicts.path, root)
    killed = {mutant for mutant in small.mutants if stored.of(mutant).by}
    (root / FOLDER / "test_more.py").write_text("def test_more():\n    pass\n")
    assert {mutant for mutant in small.mutants if stored.of(mutant)} == killed
    (root / FILE).write_text(MODULE + "\nMORE = 1\n")
    assert {mutant for mutant in small.mutants if stored.of(mutant)} == set()


def test_what_a_test_said_that_fails_by_itself_is_forgotten(small, tmp_path):
    stored = Verdicts(Path(shutil.copy(small.verdicts.path, tmp_path)), small.root)
    stored.forget({f"{TESTS}::test_grown"})
    kept = {one.after for one in small.mutants if Verdicts(stored.path, small.root).of(one)}
    assert kept == PLANTED - {"OLDEST = 19", "return age > OLDEST"}


def test_only_files_of_tests_that_changed_are_measured_again(small, tmp_path):
    root = shutil.copytree(small.root, tmp_path / "small", symlinks=True)
    reach = Reach(small.verdicts.path.with_name("reach.json"), root)
    unchanged = reach.stale(FOLDER)
    (root / FOLDER / "test_more.py").write_text("def test_more():\n    pass\n")
    assert (unchanged, reach.stale(FOLDER)) == ([], [f"{FOLDER}/test_more.py"])
