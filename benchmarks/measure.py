"""Ours and the limit in turn, three times, least CPU time of application and database together."""

import os
import time
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from django.conf import settings
from django.db import ProgrammingError, connection

from cdp.base.database.sql import execute

TURNS = 3
TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Ratio:
    """One line of the table. `ours` and `limit` are units of work per CPU second; the goal is for ours / limit."""

    name: str
    ours: float
    limit: float
    unit: str
    goal: float | None = None

    @property
    def value(self) -> float:
        return self.ours / self.limit

    @property
    def met(self) -> bool:
        return self.goal is None or self.value >= self.goal


def compare(
    name: str,
    *,
    ours: Callable,
    limit: Callable,
    work: int,
    unit: str,
    goal: float | None = None,
    before: Callable = lambda: None,
    turns: int = TURNS,
) -> Ratio:
    """Run both in turn; `work` units each time. `before` puts the tables back to how they were."""
    spent: dict[str, list[float]] = {"ours": [], "limit": []}
    for _turn in range(turns):
        for who, act in (("limit", limit), ("ours", ours)):
            before()
            spent[who].append(cpu_seconds(act))
    return Ratio(name, work / min(spent["ours"]), work / min(spent["limit"]), unit, goal)


def cpu_seconds(act: Callable) -> float:
    """CPU seconds that `act` takes in this process and in its database connection."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    began = time.process_time() + _of(backend)
    act()
    return max(time.process_time() + _of(backend) - began, 1 / TICK)


def _of(pid: int) -> float:
    """CPU seconds of a process of this machine so far; 0 for a database elsewhere."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        return 0.0
    fields = stat.read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / TICK


@contextmanager
def scratch_database(name: str = "kendt_bench"):
    """An empty installation in a database of its own, gone afterwards. A server is started where none runs."""
    from django.core.management import call_command
    from django.db import connections

    from cdp.data.seed import seed

    ours = connections["default"].settings_dict
    usual = ours["NAME"]
    with server():
        _recreate(name)
        connection.close()
        ours["NAME"] = name
        try:
            call_command("migrate", verbosity=0)
            seed()
            yield
        finally:
            connection.close()
            ours["NAME"] = usual
            _drop(name)
            connection.close()


@contextmanager
def server():
    """A database server: where none runs, the embedded one, which is stopped again."""
    from cdp.management.commands.db import start_database
    from cdp.operations import database_server

    started = not settings.EXTERNAL_DATABASE and start_database()
    try:
        yield
    finally:
        if started:
            database_server.stop(settings.KENDT_DATA)


def _recreate(name: str) -> None:
    _drop(name)
    execute(f'CREATE DATABASE "{name}"')
    # The CPU of parallel workers would not be counted.
    execute(f'ALTER DATABASE "{name}" SET max_parallel_workers_per_gather = 0')


def _drop(name: str, *, patience: int = 60) -> None:
    """An autovacuum at work in it may not be ended by us: wait until it is through."""
    try:
        execute(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')
    except ProgrammingError:
        if not patience:
            raise
        time.sleep(1)
        _drop(name, patience=patience - 1)
