"""One mutant after the other: planted in a copy of the tree, and the tests that reach it run until one fails."""

import time

from tests.mutants.deciding import makes_tables
from tests.mutants.mutant import Mutant
from tests.mutants.verdicts import Verdict, Verdicts
from tests.mutants.workshop import Run, Workshop

PATIENCE = 3  # how many times longer than measured the tests of a mutant may take together
LONGEST_TEST = 60  # seconds; a fault that makes a test last longer hangs it
START_SECONDS = 60  # what Python, Django and the database need before the first test


def judge(
    mutant: Mutant, place: Workshop, tests: dict[str, float], verdicts: Verdicts, longest: float = LONGEST_TEST
) -> Verdict:
    """The verdict on `mutant`, planted in `place`: whether one of `tests` fails.

    tests: the seconds that each of them takes without the mutant. longest: what a test may take, where it is not that
    slow by itself.
    """
    began = time.monotonic()
    fate, by = _tried(mutant, place, tests, longest) if tests else ("survived", "")
    return Verdict(
        mutant=verdicts.key(mutant),
        rests_on=verdicts.rests_on(mutant, by),
        fate=fate,
        kind=mutant.edit.kind,
        text=str(mutant),
        by=by,
        seconds=round(time.monotonic() - began, 1),
        tests=len(tests),
    )


def _tried(mutant: Mutant, place: Workshop, tests: dict[str, float], longest: float) -> tuple[str, str]:
    files = sorted({test.split("::")[0] for test in tests})
    longest = max(longest, PATIENCE * max(tests.values()))
    options = ["-x", "-o", f"timeout={longest:.0f}"]
    if place.database:
        place.renew_database()
        options += ["--reuse-db", *(["--create-db"] if makes_tables(mutant.file) else [])]
    with place.planted(mutant):
        return fate(
            place.run(files, *options, chosen=list(tests), limit=START_SECONDS + PATIENCE * sum(tests.values()))
        )


def fate(run: Run) -> tuple[str, str]:
    """What a run says of the mutant, and the test that said it. A run without tests says nothing, and is an error."""
    by = next(iter(run.failed), "")
    if run.stopped or "Timeout (>" in run.failed.get(by, "") or ("Timeout (>" in run.output and run.code):
        return "hung", by
    if by:
        return "killed", by
    if run.code == 0 and run.seconds:
        return "survived", ""
    if run.code in (1, 2, 3, 4):
        return "broken", ""
    raise RuntimeError(f"No test was run.\n{run.output}")
