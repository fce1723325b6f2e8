"""What is declared is used, and what is used is locked."""

import re
import subprocess
import tomllib
from importlib.metadata import Distribution, distributions, packages_distributions

import pytest
from django.conf import settings
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = ["requirements.txt", "requirements-dev.txt"]


def test_every_declared_package_is_named_by_the_code():
    listed = subprocess.run(["git", "ls-files", "*.py"], cwd=settings.BASE_DIR, capture_output=True, text=True)
    code = "\n".join((settings.BASE_DIR / name).read_text() for name in listed.stdout.split())
    words = set(re.findall(r"\w+", code))

    unused = {name for name in declared() if not modules_of(name) & words}

    assert unused == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_holds_what_is_declared_and_all_that_needs(lock):
    locked = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", (settings.BASE_DIR / lock).read_text(), re.MULTILINE))
    here = [one for one in distributions() if locked.get(canonicalize_name(one.name)) == one.version]

    needed = declared().union(*map(needs, here))

    assert needed - locked.keys() == set()


def declared() -> set[str]:
    project = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]
    return {canonicalize_name(Requirement(line).name) for line in project["dependencies"]}


def modules_of(name: str) -> set[str]:
    return {module for module, names in packages_distributions().items() if name in map(canonicalize_name, names)}


def needs(installed: Distribution) -> set[str]:
    """What an installed package needs here, without its extras."""
    asked = [Requirement(line) for line in installed.requires or ()]
    return {canonicalize_name(one.name) for one in asked if not one.marker or one.marker.evaluate({"extra": ""})}
