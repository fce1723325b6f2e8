"""Profiles alone: what the apps above ask at its doors is tested with them."""

import pytest

from profiles.records import admission


@pytest.fixture(autouse=True)
def no_gates(monkeypatch):
    monkeypatch.setattr(admission, "_gates", [])
