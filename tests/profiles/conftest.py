"""Checks of the apps above that stand before what is written: real in every test that does not say otherwise."""

import pytest

from cdp.base.extension import ExtensionPoint
from profiles.records import admission


@pytest.fixture
def gates(monkeypatch) -> ExtensionPoint:
    """The gates that are asked. A test may add more, until it ends."""
    asked = ExtensionPoint("gates of a test")
    for order, gate in enumerate(admission.BEFORE_WRITING):
        asked.add(gate, order=order)
    monkeypatch.setattr(admission, "BEFORE_WRITING", asked)
    return asked


@pytest.fixture
def everybody_let_in(monkeypatch):
    """No gate is asked, for tests of what resolve does with rows that the gate of partners holds back where it can: it
    judges by what is known as they arrive, and resolve must come to the same in any order.
    """
    monkeypatch.setattr(admission, "BEFORE_WRITING", ExtensionPoint("no gates"))
