"""`manage.py run` as a user has it: real web, worker and database; killed in turn, stopped, started again."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from django.core.management.base import CommandError

from cdp.management.commands import run
from cdp.operations import database_server, supervisor

MANAGE = [sys.executable, str(Path(run.settings.BASE_DIR) / "manage.py")]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def environment(data: Path) -> dict[str, str]:
    """Ours, with the embedded database in `data` and without a demo."""
    ours = {name: value for name, value in os.environ.items() if name not in {"DATABASE_URL", "KENDT_DB_NAME"}}
    return ours | {"KENDT_DATA": str(data), "KENDT_ENV": "test"}


class House:
    """A data folder and the run that uses it."""

    def __init__(self, data: Path):
        self.data, self.port = data, free_port()
        (data / "static.stamp").write_text(run.static_files())  # nobody looks at pages here

    def start(self) -> subprocess.Popen:
        with (self.data / "log").open("w") as log:
            place = environment(self.data) | {"KENDT_PORT": str(self.port)}
            self.run = subprocess.Popen([*MANAGE, "run"], env=place, stdout=log, stderr=subprocess.STDOUT)
        self.wait_until(lambda: "Kendt answers at" in self.said())  # the web of a killed run may still answer
        return self.run

    def pids(self) -> dict[str, int]:
        known = json.loads((self.data / "run.json").read_text())["processes"]
        postmaster = int((database_server.ServerFolder(self.data).files / "postmaster.pid").read_text().split()[0])
        return {name: pid for name, (pid, _began) in known.items()} | {"database": postmaster}

    def is_ready(self) -> bool:
        web = http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)
        try:
            web.request("GET", "/health/ready")
            return web.getresponse().status == 200
        except (OSError, http.client.HTTPException):
            return False
        finally:
            web.close()

    def wait_until_ready(self):
        self.wait_until(self.is_ready)

    def wait_until(self, reached):
        until = time.monotonic() + 90
        while not reached():
            assert time.monotonic() < until, self.said()
            assert self.run.poll() is None, self.said()
            time.sleep(0.2)

    def said(self) -> str:
        return (self.data / "log").read_text()

    def remains(self) -> set[str]:
        living = {name for name, pid in self.last.items() if supervisor.beginning(pid)}
        return living | {path.name for path in self.data.glob("run.json")}


@pytest.fixture(scope="module")
def house():
    data = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    data.chmod(0o711)
    house = House(data)
    yield house
    house.run.kill()
    house.run.wait()
    database_server.stop(data)
    shutil.rmtree(data)


def test_run_brings_back_whatever_is_killed_and_stops_all_it_started(house):
    running = house.start()
    before = house.pids()
    for pid in before.values():
        os.kill(pid, signal.SIGKILL)

    wait_for_others(house, before)
    house.wait_until_ready()
    house.last = house.pids()
    running.send_signal(signal.SIGTERM)

    assert running.wait(timeout=60) == 0, house.said()
    assert house.remains() == set()
    assert database_server.status(house.data) is database_server.ServerState.STOPPED
    assert "The database server is gone; starting it again." in house.said()
    assert f"Kendt answers at http://127.0.0.1:{house.port}/" in house.said()


def wait_for_others(house, before: dict[str, int]):
    """Until web, worker and database all run under new pids."""
    until = time.monotonic() + 60
    while True:
        try:
            if house.pids().keys() == before.keys() and not set(house.pids().values()) & set(before.values()):
                return
        except FileNotFoundError:  # the database is just being started
            pass
        assert time.monotonic() < until, house.said()
        time.sleep(0.2)


def test_next_run_takes_over_from_one_that_was_killed(house):
    house.start().kill()
    assert house.run.wait() == -9
    assert database_server.status(house.data) is database_server.ServerState.RUNNING

    running = house.start()
    house.last = house.pids()
    running.send_signal(signal.SIGINT)

    assert running.wait(timeout=60) == 0, house.said()
    assert house.remains() == set()
    assert database_server.status(house.data) is database_server.ServerState.STOPPED


def test_run_leaves_a_database_that_it_did_not_start(house):
    database_server.start(house.data)

    running = house.start()
    running.send_signal(signal.SIGTERM)

    assert running.wait(timeout=60) == 0
    assert database_server.status(house.data) is database_server.ServerState.RUNNING
    database_server.stop(house.data)


def test_second_run_on_the_same_data_is_refused(tmp_path):
    with supervisor.sole_run(tmp_path):
        second = subprocess.run(
            [*MANAGE, "run"], env=environment(tmp_path), capture_output=True, text=True, check=False
        )

    assert second.returncode == 1
    assert second.stderr == f"CommandError: Kendt is running already with the data in {tmp_path}.\n"


def test_port_of_another_program_is_reported(settings, monkeypatch):
    monkeypatch.setattr(run, "PORT_SECONDS", 0)
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings.KENDT_PORT = other.getsockname()[1]

        with pytest.raises(CommandError, match=f"127.0.0.1:{settings.KENDT_PORT}: Address already in use"):
            run.refuse_taken_port()


def test_static_files_are_collected_when_one_changed(settings, tmp_path):
    settings.STATICFILES_DIRS = [tmp_path]
    (tmp_path / "a.css").write_text("a")
    before = run.static_files()

    (tmp_path / "a.css").write_text("ab")

    assert run.static_files() != before
