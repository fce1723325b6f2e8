"""A fresh machine gets the same tomorrow: the locks hold all that is asked for, by hash, and nothing else."""

import functools
import importlib.metadata
import json
import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(settings.BASE_DIR)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
NEEDED = PROJECT["dependencies"]
NEEDED_TOO = PROJECT["optional-dependencies"]["dev"]
LOCKS = {"requirements.txt": NEEDED, "requirements-dev.txt": NEEDED + NEEDED_TOO}
PINNED = re.compile(
    r"^(?P<name>[a-z0-9-]+)==(?P<version>\S+) \\\n(?P<hashes>(?:    --hash=sha256:[0-9a-f]{64}(?: \\)?\n)+)", re.M
)


def text_of(lock: str) -> str:
    return (ROOT / lock).read_text()


def pins(lock: str) -> dict[str, Version]:
    return {pin["name"]: Version(pin["version"]) for pin in PINNED.finditer(lock)}


def gaps(lock: str, needed: list[str]) -> set[str]:
    """Requirements that this Python has here, however far down, and that the text of a lock does not meet."""
    pinned = pins(lock)
    return {f"{asked} (for {whose})" for asked, whose in followed(needed) if not is_met(asked, pinned)}


def is_met(asked: Requirement, pinned: dict[str, Version]) -> bool:
    version = pinned.get(canonicalize_name(asked.name))
    return version is not None and asked.specifier.contains(version, prereleases=True)


def followed(needed: list[str]) -> Iterator[tuple[Requirement, str]]:
    """Every requirement and whose it is, from those of the project down; with each extra where it is asked for."""
    waiting = [(Requirement(line), "pyproject.toml", "") for line in needed]
    seen = set()
    while waiting:
        asked, whose, extra = waiting.pop()
        if asked.marker and not asked.marker.evaluate({"extra": extra}):
            continue
        yield asked, whose
        for package in {(asked.name, wanted) for wanted in {"", *asked.extras}} - seen:
            seen.add(package)
            name, wanted = package
            asking = f"{name}[{wanted}]" if wanted else name
            waiting += [(line, asking, wanted) for line in requirements_of(name)]


@functools.cache
def requirements_of(package: str) -> list[Requirement]:
    """What a package asks for, as it is installed; one that is not installed is a gap of its own."""
    try:
        return [Requirement(line) for line in importlib.metadata.requires(package) or []]
    except importlib.metadata.PackageNotFoundError:
        return []


def without(package: str, lock: str) -> str:
    return "".join(part for part in re.split(r"^(?=\S)", lock, flags=re.M) if not part.startswith(f"{package}=="))


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_all_that_is_asked_for(lock):
    assert gaps(text_of(lock), LOCKS[lock]) == set()


@pytest.mark.parametrize(
    ("package", "gap"),
    [
        ("django", "django<5.3,>=5.2 (for pyproject.toml)"),
        ("psycopg-pool", 'psycopg-pool; extra == "pool" (for psycopg[pool])'),
        (
            "psycopg-binary",
            'psycopg-binary==3.3.9; implementation_name != "pypy" and extra == "binary" (for psycopg[binary])',
        ),
        ("brotli", 'brotli; extra == "brotli" (for whitenoise[brotli])'),
        ("drf-spectacular-sidecar", 'drf-spectacular-sidecar; extra == "sidecar" (for drf-spectacular[sidecar])'),
        ("six", "six>=1.5 (for python-dateutil)"),
    ],
)
def test_a_package_that_lacks_is_found(package, gap):
    assert gap in gaps(without(package, text_of("requirements.txt")), NEEDED)


@pytest.mark.parametrize("package", sorted(pins(text_of("requirements-dev.txt"))))
def test_no_package_can_be_left_out_unseen(package):
    """But those that only other versions of Python ask for."""
    lock = text_of("requirements-dev.txt")

    assert bool(gaps(without(package, lock), NEEDED + NEEDED_TOO)) == (package in asked_here())


def asked_here() -> set[str]:
    return {canonicalize_name(asked.name) for asked, _whose in followed(NEEDED + NEEDED_TOO)}


def test_a_version_that_is_not_the_one_asked_for_is_found():
    older = re.sub(r"^(django)==\S+", r"\1==5.1.4", text_of("requirements.txt"), flags=re.M)

    assert {gap for gap in gaps(older, NEEDED) if "pyproject.toml" in gap} == {"django<5.3,>=5.2 (for pyproject.toml)"}


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_is_nothing_but_versions_with_their_hashes(lock):
    """No index, no host, no local path, no line without a hash."""
    assert PINNED.sub("", text_of(lock)) == ""
    assert len(pins(text_of(lock))) >= len(LOCKS[lock])


def test_what_runs_is_what_was_tested():
    running, tested = pins(text_of("requirements.txt")), pins(text_of("requirements-dev.txt"))

    assert {name: version for name, version in running.items() if tested.get(name) != version} == {}


def test_this_python_has_what_is_locked():
    """Else what is followed above would be the requirements of other versions."""
    tested = pins(text_of("requirements-dev.txt"))

    assert {
        name: version for name, version in tested.items() if Version(importlib.metadata.version(name)) != version
    } == {}


def test_the_clients_from_npm_are_locked_by_hash():
    wanted = json.loads((ROOT / "tests" / "sdk" / "package.json").read_text())["dependencies"]
    locked = json.loads((ROOT / "tests" / "sdk" / "package-lock.json").read_text())["packages"]

    assert locked.pop("")["dependencies"] == wanted
    assert {place for place, facts in locked.items() if not facts["integrity"].startswith("sha512-")} == set()
    assert {name: locked[f"node_modules/{name}"]["version"] for name in wanted} == wanted


def test_make_fails_where_the_installed_packages_do_not_agree(tmp_path):
    """With a pip that installs nothing and finds a gap: make says so, and tries again next time."""
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").touch()
    (programs / "pip").write_text('#!/bin/sh\ntest "$1" = install || { echo "django requires asgiref"; exit 1; }\n')
    (programs / "pip").chmod(0o755)

    made = subprocess.run(
        ["make", f"VENV={tmp_path}", "install"], cwd=ROOT, capture_output=True, text=True, check=False
    )

    assert made.returncode != 0
    assert "django requires asgiref\nrequirements.txt does not agree with itself" in made.stdout
    assert not (tmp_path / "runtime").exists()
