"""100,000 events sent by eight threads while web, database and worker are killed: none missing, none twice."""

import itertools
import os
from collections.abc import Iterator

from tests.cdp.operations.test_acknowledged import KILLS, new_house, sent_through_kills
from tests.checks.figure import Figure

EVENTS, SENDERS, BATCH, TIMES = 100_000, 8, 100, 10


def figures() -> Iterator[Figure]:
    os.environ["KENDT_INGEST_REQUESTS_PER_MINUTE"] = os.environ["KENDT_INGEST_EVENTS_PER_MINUTE"] = "100000000"
    kills = list(itertools.islice(itertools.cycle(KILLS), TIMES))
    with new_house() as house:
        sent = sent_through_kills(house, kills, senders=SENDERS, batch=BATCH, events=EVENTS)
    yield Figure(f"events acknowledged through {TIMES} kills", len(sent.acknowledged), EVENTS, at_least=True)
    yield Figure("acknowledged events that are missing", len(sent.missing), 0)
    yield Figure("acknowledged events that are there twice", len(sent.doubled), 0)
    yield Figure("answers that no client may get", len(sent.wrong_answers), 0)
