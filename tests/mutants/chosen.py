"""A plugin of pytest for one run: only the tests that are chosen, in that order; and what became of each, in a file.

KENDT_CHOSEN names a file of test ids (none: all tests); KENDT_REPORT the file that is written when the run ends.
"""

import json
import os
from collections import defaultdict
from pathlib import Path

import pytest

seconds: dict[str, float] = defaultdict(float)
failed: dict[str, str] = {}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config, items):
    """First of all hooks, so that those which must order tests (transactional ones come last) still can."""
    if path := os.environ.get("KENDT_CHOSEN"):
        order = {test: place for place, test in enumerate(json.loads(Path(path).read_text()))}
        items[:] = sorted((item for item in items if item.nodeid in order), key=lambda item: order[item.nodeid])


def pytest_runtest_logreport(report):
    seconds[report.nodeid] += report.duration
    if report.failed:
        failed.setdefault(report.nodeid, str(report.longrepr)[-2000:])


def pytest_sessionfinish():
    Path(os.environ["KENDT_REPORT"]).write_text(json.dumps({"seconds": seconds, "failed": failed}))
