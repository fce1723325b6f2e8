"""Profiles alone: what the apps above ask at its doors is tested with them."""

import pytest

from profiles.facts import gates


@pytest.fixture(autouse=True)
def no_gates(monkeypatch):
    monkeypatch.setattr(gates, "_gates", [])
