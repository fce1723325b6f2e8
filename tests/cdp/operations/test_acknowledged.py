"""What was acknowledged is there, once, whatever was killed: a ledger of acknowledged events, compared at the end."""

import base64
import collections
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

from cdp.operations import database_server
from tests.cdp.operations.test_run import MANAGE, House, environment

KILLS = ["web", "database", "worker"]
EVENTS = "SELECT n.name FROM profiles_event e JOIN profiles_eventname n ON n.id = e.name_id"

pytestmark = pytest.mark.slow


@contextmanager
def new_house() -> Iterator[House]:
    """A running installation of its own, gone afterwards."""
    data = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    data.chmod(0o711)
    house = House(data)
    house.start()
    try:
        yield house
    finally:
        house.run.send_signal(signal.SIGINT)
        house.run.wait(timeout=60)
        database_server.stop(data)
        shutil.rmtree(database_server.ServerFolder(data).home, ignore_errors=True)
        shutil.rmtree(data, ignore_errors=True)


class Sender(threading.Thread):
    """Sends batch after batch as an SDK does: what is not acknowledged is sent again, and then the next."""

    def __init__(self, house: House, key: str, number: int, size: int, ends: threading.Event):
        super().__init__(daemon=True)
        self.house, self.ends, self.number, self.size = house, ends, number, size
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
        self.acknowledged: list[str] = []
        self.answers: collections.Counter = collections.Counter()

    def run(self):
        for batch in itertools.count():
            names = [f"Event {self.number}-{batch}-{event}" for event in range(self.size)]
            while not self.ends.is_set():
                status = self.post(names)
                self.answers[status] += 1
                if status == 200:
                    self.acknowledged += names
                    break
                time.sleep(0.2)
            if self.ends.is_set():
                return
            time.sleep(0.02)

    def post(self, names: list[str]) -> int | str:
        events = [{"type": "track", "event": name, "messageId": name, "userId": f"K-{self.number}"} for name in names]
        web = http.client.HTTPConnection("127.0.0.1", self.house.port, timeout=10)
        try:
            web.request("POST", "/v1/batch", json.dumps({"batch": events}), self.headers)
            return web.getresponse().status
        except (OSError, http.client.HTTPException):
            return "no answer"
        finally:
            web.close()


@dataclass(frozen=True)
class Sent:
    """What the senders were told, and what is stored once nothing waits."""

    acknowledged: list[str]
    answers: collections.Counter
    stored: collections.Counter

    @property
    def missing(self) -> set[str]:
        return set(self.acknowledged) - set(self.stored)

    @property
    def doubled(self) -> list[str]:
        return [name for name, count in self.stored.items() if count > 1]

    @property
    def wrong_answers(self) -> set:
        return set(self.answers) - {200, 429, 503, "no answer"}


def sent_through_kills(house: House, kills: list[str], *, senders: int, batch: int, events: int) -> Sent:
    """Send until all kills are done and at least so many events are acknowledged; then wait until all is stored."""
    key = subprocess.run(
        [*MANAGE, "issue_key", "--source", "steward"],
        env=environment(house.data),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    ends = threading.Event()
    sending = [Sender(house, key, number, batch, ends) for number in range(senders)]
    for sender in sending:
        sender.start()

    chance = random.Random(len(kills))
    for victim in kills:
        time.sleep(chance.uniform(1, 3))
        kill(house, victim)
        house.wait_until_ready()
    while sum(len(sender.acknowledged) for sender in sending) < events:
        assert house.run.poll() is None, house.said()
        time.sleep(0.2)
    ends.set()
    for sender in sending:
        sender.join(timeout=30)

    return Sent(
        acknowledged=[name for sender in sending for name in sender.acknowledged],
        answers=sum((sender.answers for sender in sending), collections.Counter()),
        stored=collections.Counter(wait_until_drained(house)),
    )


def test_no_acknowledged_event_is_lost_or_doubled_by_kills():
    with new_house() as house:
        sent = sent_through_kills(house, KILLS, senders=4, batch=10, events=500)

    print(f"{len(sent.acknowledged)} events acknowledged; answers: {dict(sent.answers)}")
    assert sent.missing == set()
    assert sent.doubled == []
    assert sent.wrong_answers == set()


def kill(house: House, victim: str) -> None:
    """As soon as it runs: it may just be on its way back from the last time."""
    until = time.monotonic() + 60
    while True:
        try:
            return os.kill(house.pids()[victim], signal.SIGKILL)
        except (ProcessLookupError, FileNotFoundError, KeyError):
            assert time.monotonic() < until, house.said()
            time.sleep(0.2)


def wait_until_drained(house: House) -> list[str]:
    """The names of all events, once no batch waits any more."""
    place = database_server.database(house.data, "kendt")
    with psycopg.connect(
        host=place["HOST"], port=place["PORT"], user=place["USER"], dbname="kendt", autocommit=True
    ) as database:
        left, until = None, 0
        while waiting := database.execute(
            "SELECT count(*) FROM profiles_ingestrequest WHERE state <> 'done'"
        ).fetchone()[0]:
            if waiting != left:
                left, until = waiting, time.monotonic() + 90
            assert time.monotonic() < until, house.said()
            time.sleep(0.5)
        return [name for (name,) in database.execute(EVENTS)]
