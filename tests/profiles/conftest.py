"""Checks of the apps above that stand before what is written: real in every test that does not say otherwise."""

import pytest

from profiles.records import admission


@pytest.fixture
def gates(monkeypatch) -> list:
    """The gates that are asked. A test may register more, or take some away, until it ends."""
    monkeypatch.setattr(admission, "_gates", [*admission._gates])
    return admission._gates


@pytest.fixture
def everybody_let_in(gates):
    """No gate is asked, for tests of what resolve does with rows that the gate of partners holds back where it can: it
    judges by what is known as they arrive, and resolve must come to the same in any order.
    """
    gates.clear()
