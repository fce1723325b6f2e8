"""`python -m tests.mutants`: plant the mutants that are drawn, one at a time, and say which of them no test notices."""

import argparse
import os
import signal
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from queue import SimpleQueue

from tests.mutants import drawing
from tests.mutants.deciding import ROOT, tests_of
from tests.mutants.mutant import Mutant
from tests.mutants.planting import judge
from tests.mutants.reach import LIMIT, Reach, digest_of, sources
from tests.mutants.verdicts import EQUIVALENT_AT_MOST, KILLED_AT_LEAST, Summary, Verdict, Verdicts, equivalents, summary
from tests.mutants.workshop import TEMPLATE, Workshop, server, workshop


def main() -> int:
    asked = _asked()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # copies and server are cleared away on every way out
    asked.state.mkdir(parents=True, exist_ok=True)
    asked.state.chmod(0o711)  # root's database server runs as another user, who must pass
    with workshop(asked.state) as sound:  # the tree as it is now, whatever is edited meanwhile
        root = sound.root
        drawn = [
            m for m in drawing.draw(drawing.possible(root), asked.number, root=root) if fnmatch(m.file, asked.only)
        ]
        if asked.list:
            print(*(f"{mutant.edit.kind:18}{mutant}" for mutant in drawn), sep="\n")
            return 0
        verdicts = Verdicts(asked.state / "verdicts.jsonl", root)
        open_ones = [mutant for mutant in drawn if verdicts.of(mutant) is None]
        print(f"{len(drawn)} mutants, {len(drawn) - len(open_ones)} of them judged before.", flush=True)
        if open_ones:
            _plant(open_ones, verdicts, sound, asked.workers)
        found = summary(drawn, verdicts.of, equivalents())
    _tell(found)
    return 0 if found.is_good else 1


def _asked() -> argparse.Namespace:
    data = Path(os.environ.get("KENDT_DATA") or ROOT / ".kendt")
    parser = argparse.ArgumentParser(prog="python -m tests.mutants", description=__doc__)
    parser.add_argument("--number", type=int, default=drawing.NUMBER, help="how many mutants to draw")
    parser.add_argument("--workers", type=int, default=2, help="how many to plant at once, each in a copy of its own")
    parser.add_argument("--only", default="*", metavar="PATTERN", help="only those of files such as 'consents/*'")
    parser.add_argument("--state", type=Path, default=data / "mutants", help="where database and verdicts are kept")
    parser.add_argument("--list", action="store_true", help="print those that are drawn, and plant none")
    return parser.parse_args()


def _plant(mutants: list[Mutant], verdicts: Verdicts, sound: Workshop, workers: int) -> None:
    reach = Reach(sound.data / "reach.json", sound.root)
    with ExitStack() as stack:
        stack.enter_context(server(sound.data))
        _prepare_template(sound)
        places: SimpleQueue[Workshop] = SimpleQueue()
        for number in range(workers):
            places.put(stack.enter_context(workshop(sound.data, f"kendt_mutants_{number}", sound.root)))
        pool = stack.enter_context(ThreadPoolExecutor(workers))
        stack.callback(pool.shutdown, cancel_futures=True)
        _measure(mutants, reach, places, pool)

        def plant(mutant: Mutant) -> tuple[Mutant, Verdict]:
            tests = reach.tests(mutant, tests_of(mutant.file, sound.root))
            place = places.get()
            try:
                verdict = judge(mutant, place, tests, verdicts)
            finally:
                places.put(place)
            verdicts.add(verdict)
            return mutant, verdict

        judged = []
        for mutant, verdict in pool.map(plant, mutants):
            judged.append(verdict)
            outcome = f"{len(judged):4} {verdict.fate:9}{verdict.seconds:6.1f} s"
            print(f"{outcome}  {verdict.kind}  {mutant}  ({verdict.by or f'{verdict.tests} tests'})", flush=True)
        _try_killers(judged, verdicts, places.get())


def _try_killers(judged: list[Verdict], verdicts: Verdicts, place: Workshop) -> None:
    """A test that fails without any fault has killed nothing: what it said is forgotten."""
    killers = sorted({verdict.by for verdict in judged if verdict.by})
    if killers:
        place.renew_database()
        run = place.run({test.split("::")[0] for test in killers}, "--reuse-db", chosen=killers, limit=LIMIT)
        verdicts.forget(set(run.failed))
        if run.code:
            raise SystemExit(f"These tests fail without a fault; run again: {', '.join(run.failed)}\n{run.output}")


def _prepare_template(sound: Workshop) -> None:
    """The database that all others are copies of, made again where a source has changed."""
    made, now = sound.data / "template", digest_of(sources(sound.root))
    if not made.exists() or made.read_text() != now:
        print("Making a database.", flush=True)
        replace(sound, database=TEMPLATE).make_database()
        made.write_text(now)


def _measure(mutants: list[Mutant], reach: Reach, places: "SimpleQueue[Workshop]", pool: ThreadPoolExecutor) -> None:
    """Learn which lines the tests reach, a folder in each place at a time."""

    def measure(folder: str) -> None:
        if stale := reach.stale(folder):
            print(f"Measuring which lines the tests of {folder} reach: {len(stale)} files.", flush=True)
            place = places.get()
            try:
                place.renew_database()
                reach.measure(folder, place)
            finally:
                places.put(place)

    for _done in pool.map(measure, sorted({folder for one in mutants for folder in tests_of(one.file, reach.root)})):
        reach.keep()


def _tell(found: Summary) -> None:
    for mutant, reason in found.excused:
        print(f"\nchanges nothing visible: {mutant}\n    {reason}")
    for mutant in found.survived:
        print(f"\nsurvived: {mutant}")
    print()
    for kind, fates in sorted(found.by_kind.items()):
        print(f"{kind:20}{fates['killed']:4} killed {fates['survived']:4} survived")
    excused = 100 * len(found.excused) / (found.number or 1)
    print(
        f"\n{found.killed} of {found.number} killed: {found.percent:.1f} % (at least {KILLED_AT_LEAST} %);"
        f" {len(found.survived)} survived; {len(found.excused)} change nothing visible:"
        f" {excused:.1f} % (at most {EQUIVALENT_AT_MOST} %)."
    )


if __name__ == "__main__":
    sys.exit(main())
