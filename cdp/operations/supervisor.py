"""The processes of one installation on this machine: started together, kept running, stopped together.

A record in the data folder names them, so that after a SIGKILL the next run finds and ends what is left. A process is
known by its pid and the moment it began, for pids are given out again.
"""

import contextlib
import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

STOP_SECONDS = 30
LONGEST_PAUSE = 30
STEADY_SECONDS = 60  # after this long a process counts as healthy again
DIE_WITH_PARENT = 1  # Linux: PR_SET_PDEATHSIG


class RunningAlready(Exception):
    """Another run uses the same data folder; the text names its pid."""


@dataclass
class Process:
    """A program that is to run for as long as we do."""

    name: str
    command: list[str]
    popen: subprocess.Popen | None = None
    began: float = 0
    due: float = 0
    pause: float = 1

    def tend(self, say: Callable[[str], None]) -> bool:
        """Start the program when it is due, and set when it is due again when it has died; True when it was started."""
        if self.popen and self.popen.poll() is not None:
            self._mourn(say)
        if self.popen or time.monotonic() < self.due:
            return False
        self.began = time.monotonic()
        # A group of its own: the terminal's Ctrl-C is for us, and we stop our children in order.
        self.popen = subprocess.Popen(self.command, start_new_session=True, preexec_fn=_die_with_parent)
        return True

    def _mourn(self, say: Callable[[str], None]) -> None:
        steady = time.monotonic() - self.began > STEADY_SECONDS
        self.pause = 1 if steady else min(self.pause * 2, LONGEST_PAUSE)
        self.due = time.monotonic() + self.pause
        say(f"{self.name} ended with code {self.popen.returncode}; it is started again in {self.pause:.0f} s.")
        self.popen = None


def stop(processes: list[Process]) -> None:
    """Ask all to finish what they are at; end those that have not after 30 s."""
    running = [process.popen for process in processes if process.popen]
    for popen in running:
        popen.terminate()
    until = time.monotonic() + STOP_SECONDS
    for popen in running:
        try:
            popen.wait(timeout=max(0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            popen.kill()
            popen.wait()


class RunRecord:
    """What a run has started, in a file that outlives it."""

    def __init__(self, path: Path):
        self.path = path
        earlier = json.loads(path.read_text()) if path.exists() else {}
        self.orphans: dict[str, list] = earlier.get("processes", {})
        self.stops_database: bool = earlier.get("stops_database", False)

    def write(self, processes: list[Process]) -> None:
        pids = {process.name: process.popen.pid for process in processes if process.popen}
        known = {name: [pid, beginning(pid)] for name, pid in pids.items()}
        draft = self.path.with_suffix(".draft")
        draft.write_text(json.dumps({"stops_database": self.stops_database, "processes": known}))
        draft.rename(self.path)

    def end_orphans(self) -> int:
        """End what a run that was killed left behind; returns how many processes that were."""
        found = self._living_orphans()
        for number in (signal.SIGTERM, signal.SIGKILL):
            for pid in self._living_orphans():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            until = time.monotonic() + STOP_SECONDS
            while self._living_orphans() and time.monotonic() < until:
                time.sleep(0.1)
        return len(found)

    def _living_orphans(self) -> list[int]:
        return [pid for pid, began in self.orphans.values() if began and beginning(pid) == began]


@contextlib.contextmanager
def sole_run(data: Path) -> Iterator[RunRecord]:
    """Be the only run of this data folder; the lock goes with the process, however it ends."""
    path = data / "run.json"
    data.mkdir(parents=True, exist_ok=True)
    with open(data / "run.lock", "a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RunningAlready(f"Kendt is running already with the data in {data}.") from None
        try:
            yield RunRecord(path)
        finally:
            path.unlink(missing_ok=True)


def beginning(pid: int) -> str | None:
    """When a living process began, in the kernel's ticks; None for the dead, and on systems without /proc."""
    try:
        state, *facts = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if state in "ZX" else facts[18]


def _die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(DIE_WITH_PARENT, signal.SIGTERM)
