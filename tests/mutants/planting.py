"""One mutant after the other: planted in a copy of the tree, and the tests that reach it run until one fails."""

import time

from tests.mutants.deciding import makes_tables
from tests.mutants.mutant import Mutant
from tests.mutants.verdicts import Verdict, Verdicts
from tests.mutants.workshop import Run, Workshop

PATIENCE = 3  # how many times longer than measured the tests of a mutant may take together
START_SECONDS = 60  # what Python, Django and the database need before the first test


def judge(mutant: Mutant, place: Workshop, tests: list[str], expected: float, verdicts: Verdicts, start=START_SECONDS):
    """The verdict on `mutant`, planted in `place`: whether one of `tests` fails.

    expected: the seconds that the tests take without it, beside `start` until the first of them begins.
    """
    began = time.monotonic()
    fate, by = ("survived", "") if not tests else _tried(mutant, place, tests, start + PATIENCE * expected)
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


def _tried(mutant: Mutant, place: Workshop, tests: list[str], limit: float) -> tuple[str, str]:
    files = sorted({test.split("::")[0] for test in tests})
    options = ["-x"]
    if place.database:
        place.renew_database()
        options += ["--reuse-db", *(["--create-db"] if makes_tables(mutant.file) else [])]
    with place.planted(mutant):
        return fate(place.run(files, *options, chosen=tests, limit=limit))


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
