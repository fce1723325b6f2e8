"""20 writers of new and known people from five sources at once: ingest, imports, consents, merges."""

import random
from collections.abc import Iterator

from tests.checks.figure import Figure

WRITERS, ACTS, PEOPLE = 20, 50, 400


def figures() -> Iterator[Figure]:
    from benchmarks import writers
    from benchmarks.measure import scratch_database
    from consents.state import verify as consents
    from profiles.identity import verify
    from tests.profiles.identity.crowd import Town, at_once

    with scratch_database("kendt_check_writers"):
        town, dice = Town(), random.Random(11)
        for number in range(0, PEOPLE, 2):
            town.meet(number)
        waits = at_once([[town.act(dice, range(PEOPLE)) for _ in range(ACTS)] for _ in range(WRITERS)])
        strangers = [wait for wait in waits if not wait.is_for_the_same_people]
        for wait in strangers:
            print(wait)
        yield Figure(f"acts of {WRITERS} writers at once", WRITERS * ACTS, WRITERS * ACTS, at_least=True)
        yield Figure("transactions that waited for other people's", len(strangers), 0)
        drift = sum(verify.verify().values()) + sum(consents.verify().values())
        yield Figure("rows that a rebuild would change", drift, 0)
        yield Figure("acts a second, of one writer's", 100 * writers.throughput().value, 160, " %", at_least=True)
