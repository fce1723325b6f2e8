"""A copy of the tree with a database of its own, where faults can be planted and nobody is disturbed."""

import importlib.util
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import psycopg
from psycopg import sql

from tests.mutants.deciding import ROOT
from tests.mutants.mutant import Mutant, read, write

NOT_COPIED = (".git", ".venv", ".kendt", "node_modules", "__pycache__", ".*_cache", ".hypothesis", "htmlcov")
TEMPLATE = "kendt_mutants"
#: The tables, and what every installation starts with, in a new test database.
MAKE_DATABASE = """
import django; django.setup()
from django.db import connection
connection.creation.create_test_db(verbosity=0, autoclobber=True)
from cdp.data.seed import seed; seed()
"""


class Run(NamedTuple):
    """What a run of tests ended with: seconds of each test, the text of each failure, and whether it was stopped."""

    code: int
    seconds: dict[str, float]
    failed: dict[str, str]
    stopped: bool
    output: str


@dataclass
class Workshop:
    """root: the copy. data: the folder of the database server. Without `database`, the tests need none."""

    root: Path
    data: Path
    database: str | None = None

    def run(self, targets: Iterable[str], *options: str, chosen: list[str] | None = None, limit: float) -> Run:
        """Run the tests of `targets` (those of `chosen`, in this order), for at most `limit` seconds."""
        report, wanted = self.root / ".report.json", self.root / ".chosen.json"
        report.unlink(missing_ok=True)
        environment = self.environment() | {"KENDT_REPORT": str(report)}
        if chosen is not None:
            wanted.write_text(json.dumps(chosen))
            environment["KENDT_CHOSEN"] = str(wanted)
        command = [sys.executable, "-m", "pytest", "-q", "--tb=line", "-p", "no:cacheprovider"]
        command += ["-p", "tests.mutants.chosen", *options, *targets]
        code, output = _finished(command, self.root, environment, limit)
        told = json.loads(report.read_text()) if report.exists() else {"seconds": {}, "failed": {}}
        return Run(code or 0, told["seconds"], told["failed"], code is None, output)

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "KENDT_CHOSEN")}
        test_data = os.environ.get("KENDT_TEST_DATA") or ROOT.parent / "shared" / "data"
        return kept | {
            "KENDT_DATA": str(self.data),
            "KENDT_DB_NAME": self.database or "",
            "KENDT_ENV": "test",
            "KENDT_TEST_DATA": str(test_data),
            "DJANGO_SETTINGS_MODULE": "cdp.settings",
        }

    @contextmanager
    def planted(self, mutant: Mutant) -> Iterator[None]:
        """The copy with `mutant` in it; afterwards it is what it was, byte for byte."""
        path = self.root / mutant.file
        sound = read(path)
        try:
            _put(path, mutant.edit.made_in(sound))
            yield
        finally:
            _put(path, sound)

    def make_database(self) -> None:
        """A new test database, as every installation starts."""
        subprocess.run([sys.executable, "-c", MAKE_DATABASE], cwd=self.root, env=self.environment(), check=True)

    def renew_database(self) -> None:
        """The test database as a copy of the template, whatever the last run has left in it."""
        from cdp.operations import database_server

        entry, name = database_server.database(self.data, ""), sql.Identifier(f"test_{self.database}")
        at = {"host": entry["HOST"], "port": entry["PORT"], "user": entry["USER"], "dbname": "postgres"}
        with psycopg.connect(**at, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
            template = sql.Identifier(f"test_{TEMPLATE}")
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY").format(name, template))


@contextmanager
def workshop(data: Path, database: str | None = None, source: Path = ROOT) -> Iterator[Workshop]:
    """A copy of `source` for as long as it is needed."""
    with tempfile.TemporaryDirectory(prefix="kendt-mutants-") as folder:
        root = Path(folder) / "tree"
        shutil.copytree(source, root, ignore=shutil.ignore_patterns(*NOT_COPIED), symlinks=True)
        yield Workshop(root, data, database)


@contextmanager
def server(data: Path) -> Iterator[None]:
    """The database server of `data`, running."""
    from cdp.operations import database_server

    started = database_server.start(data)
    try:
        yield
    finally:
        if started:
            database_server.stop(data)


def _put(path: Path, text: str) -> None:
    """Write a module, and forget what was compiled of it: that is told by second and size, and both may be the same."""
    write(path, text)
    if path.suffix == ".py":
        Path(importlib.util.cache_from_source(path)).unlink(missing_ok=True)


def _finished(command: list[str], root: Path, environment: dict, limit: float) -> tuple[int | None, str]:
    """The exit code, None where the time was up; and the end of what was printed."""
    output = root / ".output.txt"
    with output.open("wb") as printed:
        process = subprocess.Popen(
            command, cwd=root, env=environment, stdout=printed, stderr=subprocess.STDOUT, start_new_session=True
        )
        try:
            code = process.wait(limit)
        except subprocess.TimeoutExpired:
            code = None
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    return code, output.read_bytes().decode(errors="replace")[-3000:]
