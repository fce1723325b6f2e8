"""Every test begins with a gate that has not counted anything yet."""

import pytest

from profiles.ingestion.http import backpressure


@pytest.fixture(autouse=True)
def calm():
    backpressure.gate.forget()
