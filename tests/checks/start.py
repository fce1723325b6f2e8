"""`make run` as a newcomer has it: a clean clone of what is committed, an empty data folder, a new environment."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

from cdp.operations import database_server
from tests.cdp.operations.test_run import free_port
from tests.checks.figure import Figure

ROOT = Path(__file__).resolve().parents[2]
FIRST, SECOND = 240, 15
PATIENCE = 900
OURS = ("DATABASE_URL", "DJANGO_SETTINGS_MODULE", "VIRTUAL_ENV")


def figures() -> Iterator[Figure]:
    folder = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    folder.chmod(0o711)
    try:
        subprocess.run(["git", "clone", "--quiet", ROOT, folder / "clone"], check=True)
        yield Figure("make run, clean clone to ready", seconds_to_ready(folder), FIRST, " s")
        yield Figure("make run, second start to ready", seconds_to_ready(folder), SECOND, " s")
    finally:
        database_server.stop(folder / "data")
        shutil.rmtree(database_server.ServerFolder(folder / "data").home, ignore_errors=True)
        shutil.rmtree(folder)


def seconds_to_ready(folder: Path) -> float:
    """From the command to the first time that it is ready; then it is stopped as Ctrl-C does."""
    port = free_port()
    others = {name: value for name, value in os.environ.items() if name not in OURS and not name.startswith("KENDT_")}
    place = others | {"KENDT_DATA": str(folder / "data"), "KENDT_PORT": str(port)}
    began = time.monotonic()
    with (folder / "log").open("w") as log:
        run = subprocess.Popen(
            ["make", "run"], cwd=folder / "clone", env=place, stdout=log, stderr=log, start_new_session=True
        )
    try:
        while not is_ready(port):
            if run.poll() is not None or time.monotonic() - began > PATIENCE:
                raise SystemExit(f"make run did not become ready:\n{(folder / 'log').read_text()}")
            time.sleep(0.2)
        return time.monotonic() - began
    finally:
        if run.poll() is None:
            os.killpg(run.pid, signal.SIGINT)
            run.wait(timeout=90)


def is_ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health/ready", timeout=5) as answer:
            return answer.status == 200
    except (urllib.error.URLError, OSError):
        return False
