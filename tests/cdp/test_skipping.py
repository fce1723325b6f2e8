"""A machine that lacks a program is told what was not tried and how to get it; CI may lack none."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
TESTS = """
import pytest

def test_pages():
    pytest.skip("No Chromium at /nowhere. Debian: apt-get install chromium.")

@pytest.mark.skipif(True, reason="The public test data is not here (KENDT_TEST_DATA).")
def test_purchases():
    pass
"""


def tried(folder: Path, **place: str) -> tuple[int, str]:
    """The exit code of a run of TESTS, and what it says."""
    (folder / "test_lacking.py").write_text(TESTS)
    others = {name: value for name, value in os.environ.items() if name != "CI"}
    options = ["-q", "-n0", "-c", ROOT / "pyproject.toml", f"--rootdir={folder}", "-p", "tests.conftest"]
    command = [sys.executable, "-m", "pytest", *options, folder]
    done = subprocess.run(command, cwd=ROOT, env=others | place, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_what_was_skipped_is_named_with_the_way_to_get_it(tmp_path):
    code, said = tried(tmp_path)

    assert code == 0
    assert "not tried on this machine" in said
    assert "1 test: No Chromium at /nowhere. Debian: apt-get install chromium." in said


def test_nothing_that_a_package_brings_may_be_skipped_in_ci(tmp_path):
    code, said = tried(tmp_path, CI="true")

    assert code == pytest.ExitCode.TESTS_FAILED
    assert "Nothing may be skipped in CI. No Chromium at /nowhere." in said
    assert "1 failed, 1 skipped" in said
