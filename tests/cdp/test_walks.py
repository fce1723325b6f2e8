"""The walks of CONTRIBUTING.md lead through files and functions that exist."""

import ast
import re
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
WALK = re.compile(r"\*\*Of an? (\w+)\*\*(.*?)(?=\n\*\*Of an? |\Z)", re.DOTALL)
STEP = re.compile(r"`([\w/]+\.py)`: `([\w.]+)`")
NUMBER = re.compile(r"^(\d+)\. ", re.MULTILINE)


def walks() -> dict[str, str]:
    page = (ROOT / "CONTRIBUTING.md").read_text()
    return dict(WALK.findall(page.partition("## Three walks\n")[2].partition("\n## ")[0]))


def defined(file: Path) -> set[str]:
    """The functions and classes of a module, and the methods of its classes with their class."""
    names = set()
    for node in ast.parse(file.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
            names |= {f"{node.name}.{one.name}" for one in node.body if isinstance(one, ast.FunctionDef)}
    return names


def test_an_event_a_consent_and_an_audience_are_walked():
    assert walks().keys() == {"event", "consent", "audience"}


@pytest.mark.parametrize("of", ["event", "consent", "audience"])
def test_every_step_is_numbered_and_leads_somewhere(of):
    walk = walks()[of]
    numbers, steps = [int(number) for number in NUMBER.findall(walk)], STEP.findall(walk)

    assert numbers == list(range(1, len(numbers) + 1)) and len(numbers) > 5
    assert len(steps) >= len(numbers)
    assert [
        (file, name) for file, name in steps if not (ROOT / file).exists() or name not in defined(ROOT / file)
    ] == []
