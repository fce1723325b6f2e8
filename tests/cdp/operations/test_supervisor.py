"""Programs kept running, stopped together, and found again: with real programs."""

import os
import subprocess
import time

import pytest

from cdp.operations import supervisor
from cdp.operations.supervisor import Process, RunningAlready, RunRecord, beginning, sole_run


@pytest.fixture
def started():
    """Start programs that end with the test."""
    kept = []

    def start(*command) -> Process:
        process = Process("program", list(command))
        process.tend(kept.append)
        kept.append(process)
        return process

    yield start
    for process in kept:
        if isinstance(process, Process) and process.popen:
            process.popen.kill()
            process.popen.wait()


def wait_until(condition):
    until = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.02)


def test_program_that_runs_is_left_alone(started):
    process = started("sleep", "60")

    assert process.tend(print) is False


def test_program_that_dies_comes_back_after_a_pause_that_grows(started, monkeypatch):
    said = []
    process = started("false")
    pauses = []
    for _ in range(6):
        process.popen.wait()
        process.tend(said.append)
        pauses.append(process.pause)
        process.due = 0
        process.tend(said.append)

    assert pauses == [2, 4, 8, 16, 30, 30]
    assert said[0] == "program ended with code 1; it is started again in 2 s."


def test_program_that_had_run_for_long_comes_back_soon(started):
    process = started("false")
    process.popen.wait()
    process.began -= supervisor.STEADY_SECONDS + 1
    process.pause = 30

    process.tend(print)

    assert process.pause == 1


def test_stop_ends_the_willing_and_the_stubborn(started, monkeypatch):
    monkeypatch.setattr(supervisor, "STOP_SECONDS", 0.5)
    willing = started("sleep", "60")
    stubborn = started("sh", "-c", "trap '' TERM; while :; do sleep 0.1; done")
    time.sleep(0.2)

    supervisor.stop([willing, stubborn])

    assert (willing.popen.returncode, stubborn.popen.returncode) == (-15, -9)


def test_program_dies_with_the_process_that_started_it(tmp_path):
    script = (
        "from cdp.operations.supervisor import Process; import os, signal; p = Process('x', ['sleep', '60']);"
        " p.tend(print);"
        f"open('{tmp_path}/pid', 'w').write(str(p.popen.pid)); os.kill(os.getpid(), signal.SIGKILL)"
    )
    subprocess.run([os.sys.executable, "-c", script], check=False)

    wait_until(lambda: beginning(int((tmp_path / "pid").read_text())) is None)


def test_orphans_of_an_earlier_run_are_ended_and_strangers_are_not(started, tmp_path):
    orphan, stranger = started("sleep", "60"), started("sleep", "60")
    orphan.name, stranger.name = "orphan", "stranger"
    path = tmp_path / "run.json"
    RunRecord(path).write([orphan, stranger])
    path.write_text(path.read_text().replace(beginning(stranger.popen.pid), "1"))  # its pid was given out anew

    assert RunRecord(path).end_orphans() == 1

    assert orphan.popen.wait(timeout=1) == -15
    assert stranger.popen.poll() is None


def test_record_remembers_who_stops_the_database(tmp_path):
    record = RunRecord(tmp_path / "run.json")
    assert record.stops_database is False
    record.stops_database = True
    record.write([])

    assert RunRecord(tmp_path / "run.json").stops_database is True


def test_only_one_run_at_a_time_and_the_next_after_it(tmp_path):
    with sole_run(tmp_path), pytest.raises(RunningAlready, match=str(tmp_path)), sole_run(tmp_path):
        pass

    with sole_run(tmp_path):
        pass


def test_dead_process_has_no_beginning():
    child = subprocess.Popen(["true"])
    wait_until(lambda: beginning(child.pid) is None)  # a zombie by now

    child.wait()
    assert beginning(child.pid) is None
    assert beginning(os.getpid()).isdigit()
