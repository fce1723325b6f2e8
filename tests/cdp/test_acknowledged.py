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
from pathlib import Path

import psycopg
import pytest

from cdp import embedded
from tests.cdp.test_run import MANAGE, House, environment

KILLS = ["web", "database", "worker"]
SENDERS = 4
BATCH = 10

pytestmark = pytest.mark.slow


@pytest.fixture
def house():
    data = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    data.chmod(0o711)
    house = House(data)
    house.start()
    yield house
    house.run.send_signal(signal.SIGINT)
    house.run.wait(timeout=60)
    embedded.stop(data)
    shutil.rmtree(embedded.Cluster(data).home, ignore_errors=True)
    shutil.rmtree(data, ignore_errors=True)


class Sender(threading.Thread):
    """Sends batch after batch as an SDK does: what is not acknowledged is sent again, and then the next."""

    def __init__(self, house: House, key: str, number: int, ends: threading.Event):
        super().__init__(daemon=True)
        self.house, self.ends, self.number = house, ends, number
        self.headers = {"Authorization": "Basic " + base64.b64encode(f"{key}:".encode()).decode()}
        self.acknowledged: list[str] = []
        self.answers: collections.Counter = collections.Counter()

    def run(self):
        for batch in itertools.count():
            names = [f"Event {self.number}-{batch}-{event}" for event in range(BATCH)]
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


def test_no_acknowledged_event_is_lost_or_doubled_by_kills(house):
    key = subprocess.run(
        [*MANAGE, "issue_key", "--source", "steward"],
        env=environment(house.data),
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    ends = threading.Event()
    senders = [Sender(house, key, number, ends) for number in range(SENDERS)]
    for sender in senders:
        sender.start()

    for victim in KILLS:
        time.sleep(random.Random(victim).uniform(1, 3))
        kill(house, victim)
        house.wait_until_ready()
    time.sleep(2)
    ends.set()
    for sender in senders:
        sender.join(timeout=30)

    acknowledged = [name for sender in senders for name in sender.acknowledged]
    stored = wait_until_drained(house)
    answers = sum((sender.answers for sender in senders), collections.Counter())
    print(f"{len(acknowledged)} events acknowledged through {len(KILLS)} kills; answers: {dict(answers)}")
    assert len(acknowledged) > 100
    assert set(acknowledged) - set(stored) == set()
    assert [name for name, count in collections.Counter(stored).items() if count > 1] == []
    assert set(answers) <= {200, 429, 503, "no answer"}


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
    place = embedded.database(house.data, "kendt")
    with psycopg.connect(
        host=place["HOST"], port=place["PORT"], user=place["USER"], dbname="kendt", autocommit=True
    ) as database:
        until = time.monotonic() + 90
        while database.execute("SELECT count(*) FROM profiles_inbox WHERE state <> 'done'").fetchone()[0]:
            assert time.monotonic() < until, house.said()
            time.sleep(0.5)
        return [name for (name,) in database.execute("SELECT name FROM profiles_event")]
