"""Twenty writers from five sources at once against one: acts a second of the clock, each writer a process of its own.

The acts are those of any day: people who are new or known, by API, calls and files, their answers, merges. With a lock
of the whole installation the ratio cannot pass 1, however many processors there are.
"""

import multiprocessing
import os
import random
import time

from django.db import connections

from benchmarks.measure import TURNS, Ratio

WRITERS, ACTS, PEOPLE = 20, 320, 2_000
GOAL = 1.6  # on two cores


def run() -> list[Ratio]:
    return [throughput()]


def throughput() -> Ratio:
    from tests.profiles.identity.crowd import Town

    town = Town()
    for number in range(0, PEOPLE, 20):
        town.write(town.sources[number % len(town.sources)], range(number, number + 10))
    one = max(ACTS / _seconds(town, 1, turn) for turn in range(TURNS))
    many = max(ACTS / _seconds(town, WRITERS, TURNS + turn) for turn in range(TURNS))
    goal = GOAL if (os.cpu_count() or 1) > 1 else None
    return Ratio(f"{WRITERS} writers against one, by the clock", many, one, "acts", goal)


def _seconds(town, writers: int, turn: int) -> float:
    """For `ACTS` acts, shared out to so many processes; counted from when all of them are ready."""
    connections.close_all()
    fork = multiprocessing.get_context("fork")
    start = fork.Barrier(writers + 1)
    tasks = [(town, f"{turn} {writer}", turn, ACTS // writers, start) for writer in range(writers)]
    processes = [fork.Process(target=_work, args=task) for task in tasks]
    for process in processes:
        process.start()
    start.wait()
    began = time.monotonic()
    for process in processes:
        process.join()
    assert {process.exitcode for process in processes} == {0}
    return time.monotonic() - began


def _work(town, seed: str, turn: int, acts: int, start) -> None:
    dice = random.Random(seed)
    numbers = range(PEOPLE * turn // 2, PEOPLE * turn // 2 + PEOPLE)  # half of them new in each turn
    chosen = [town.act(dice, numbers) for _ in range(acts)]
    start.wait()
    for act in chosen:
        act.do()
