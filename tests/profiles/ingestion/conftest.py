"""Every test begins with a gate that has not counted anything yet."""

import pytest

from profiles.ingestion import pressure


@pytest.fixture(autouse=True)
def calm():
    pressure.gate.forget()
