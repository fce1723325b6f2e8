"""Whatever the documents tell to type works as written, in a new installation."""

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from django.conf import settings

from cdp.management.command_line import NO_TABLES, NOT_RUNNING
from cdp.operations import database_server
from tests.cdp.operations.test_run import MANAGE, House, environment

ROOT = Path(settings.BASE_DIR)
PAGES = ["README.md", "CONTRIBUTING.md", *sorted(f"docs/{page.name}" for page in ROOT.glob("docs/*.md"))]

#: What is not typed here, by how it begins. All else that a page tells to type is run.
NOT_HERE = {
    "make run": "installs, and serves until Ctrl-C: `make checks` does it, from a clean clone",
    "make test": "is what runs this",
    "make checks": "takes many minutes",
    "make bench": "takes many minutes",
    "{python} -m benchmarks ingest": "takes a minute, and measures nothing while others work",
    "{python} -m benchmarks bytes": "takes minutes, and needs the history of git",
    "{python} -m benchmarks.pages large.json": "compares two measurements, which says nothing while others work",
    "manage.py ...": "stands for all commands",
    "manage.py db stop": "would end the installation that the rest is run in",
    "manage.py db restore": "needs an empty database: tests/cdp/operations/test_backup.py",
    "manage.py check --deploy": "is for the settings of production",
    "manage.py createsuperuser": "asks for a password at a terminal",
    "manage.py demo --people N --events M": "made the installation that the rest is run in",
}
#: What a reader puts in place of a page's words.
IN_PLACE = {
    ".venv/bin/python": "{python}",
    "https://kendt.example": "http://127.0.0.1:{port}",
    "cdpk_...": "{service_key}",
    "cdp...": "{write_key}",
    "curl ": "curl --silent --show-error --fail-with-body ",
    "/var/tmp/kendt-": "{data}/",  # noqa: S108 (a name that a page has)
    "--people 2000 --events 40000": "--people 60 --events 300",
    "--people 200000 --events 2000000": "--people 60 --events 300",
}
IN_PLACE_OF_CAPITALS = {
    "FILE": "docs/examples/customers.csv",
    "FOLDER": "{data}/backup",
    "--service NAME": "--service documented{number}",
    "NAME": "customers",
    "CODE": "crm",
    "a,b": "profiles:read",
}
#: Step 1 of the tutorial is taken in the admin, and the mapping of whoever has imported before is kept.
TAKEN_BEFORE = """
import json
from profiles.imports.run import runs
from profiles.models import Namespace, Source
spec = json.load(open("docs/examples/customers.mapping.json"))
runs.remember_mapping(source=Source.objects.get(code="crm"), name="customers", rows="customers", spec=spec)
Source.objects.create(code="mycrm", title="My CRM", kind="file", party=1,
                      namespace=Namespace.objects.get(code="customer_no"))
"""

pytestmark = [pytest.mark.slow, pytest.mark.skipif(settings.EXTERNAL_DATABASE, reason="needs a server of its own")]


class Reader:
    """Somebody who types what is written, beside a running installation with a demo."""

    def __init__(self, house: House, folder: Path):
        self.house, self.folder = house, folder
        for entry in ROOT.iterdir():
            (folder / entry.name).symlink_to(entry)
        self.words = {"python": sys.executable, "port": house.port, "data": house.data}
        self.manage("demo", "--people", "60", "--events", "300")
        self.manage("shell", "-c", TAKEN_BEFORE)
        self.words["write_key"] = self.manage("issue_key", "--source", "webshop")
        self.words["service_key"] = self.manage("issue_key", "--service", "reader", "--scopes", "profiles:read")

    def manage(self, *arguments: str) -> str:
        place = environment(self.house.data)
        done = subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=place, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def types(self, script: str) -> subprocess.CompletedProcess:
        place = environment(self.house.data) | {"DJANGO_SETTINGS_MODULE": "cdp.settings"}
        for word, value in self.words.items():
            script = script.replace("{" + word + "}", str(value))
        return subprocess.run(["bash", "-exc", script], cwd=self.folder, env=place, capture_output=True, text=True)


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    data = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    data.chmod(0o711)
    house = House(data)
    house.start()
    yield Reader(house, tmp_path_factory.mktemp("project"))
    house.run.terminate()
    house.run.wait(timeout=60)
    for folder in (data, data / "small", data / "large"):
        if (folder / "postgres").exists():
            database_server.stop(folder)
            shutil.rmtree(database_server.ServerFolder(folder).home)
    shutil.rmtree(data)


def blocks(text: str) -> list[str]:
    """The fenced blocks of shell, without the lines that are not typed here."""
    found = re.findall(r"^```sh\n(.*?)^```", text, re.M | re.S)
    return [script for script in map(here, map(in_place, found)) if script.strip()]


def spans(text: str) -> list[str]:
    """`manage.py ...` amid the text, with its capitals replaced."""
    commands = []
    for command in re.findall(r"`(?:\.venv/bin/python )?(manage\.py [^`]+)`", text):
        for word, value in IN_PLACE_OF_CAPITALS.items() if here(command) else ():
            command = re.sub(rf"(?<!\w){re.escape(word)}(?!\w)", value, command)
        commands.append(here(command))
    return [f"{{python}} {command}" for command in commands if command]


def in_place(script: str) -> str:
    for word, value in IN_PLACE.items():
        script = script.replace(word, value)
    return script


def here(script: str) -> str:
    return "\n".join(line for line in script.splitlines() if not line.startswith(tuple(NOT_HERE)))


COMMANDS = [
    pytest.param(script.replace("{number}", str(number)), id=f"{page}-{number}")
    for page in PAGES
    for text in [(ROOT / page).read_text()]
    for number, script in enumerate([*blocks(text), *dict.fromkeys(spans(text))], 1)
]


@pytest.mark.parametrize("script", COMMANDS)
def test_what_a_page_tells_to_type_works(reader, script):
    if "curl" in script and not shutil.which("curl"):
        pytest.skip("curl is not installed. Debian: apt-get install curl.")
    done = reader.types(script)

    assert done.returncode == 0, done.stdout + done.stderr


def test_every_reason_not_to_type_something_is_needed():
    written = "".join(in_place((ROOT / page).read_text()) for page in PAGES)

    assert {command for command in NOT_HERE if command not in written} == set()


EMPTY = ["demo", "verify", "rebuild", "roles", "issue_key --source crm", "db backup {data}/none",
         "import_file docs/examples/customers.csv --source crm --mapping customers"]  # fmt: skip


@pytest.fixture(scope="module")
def empty():
    """A data folder in which nothing was ever made."""
    data = Path(tempfile.mkdtemp(prefix="kendt-")).resolve()
    data.chmod(0o711)
    yield data
    database_server.stop(data)
    shutil.rmtree(database_server.ServerFolder(data).home, ignore_errors=True)
    shutil.rmtree(data)


def said_by(command: str, data: Path) -> tuple[int, str]:
    arguments = command.replace("{data}", str(data)).split()
    done = subprocess.run([*MANAGE, *arguments], cwd=ROOT, env=environment(data), capture_output=True, text=True)
    return done.returncode, done.stderr


def test_commands_say_in_a_sentence_that_no_database_runs_or_has_tables(empty):
    assert {command: said_by(command, empty) for command in EMPTY} == dict.fromkeys(
        EMPTY, (1, f"CommandError: {NOT_RUNNING}\n")
    )
    assert said_by("db start", empty)[0] == 0

    tables = [command for command in EMPTY if not command.startswith("db ")]
    assert {command: said_by(command, empty) for command in tables} == dict.fromkeys(
        tables, (1, f"CommandError: {NO_TABLES}\n")
    )
