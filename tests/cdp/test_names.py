"""One word for one thing: no two classes of the product share a name."""

import ast
from collections import defaultdict
from pathlib import Path

from django.conf import settings

APPS = ("cdp", "profiles", "consents", "partners", "segments")
CONVENTIONAL = {"Command"}  # the name that Django gives to what a command is


def classes() -> dict[str, list[str]]:
    """{name: where it is defined} of the classes that modules of the product define; nested ones belong to theirs."""
    found = defaultdict(list)
    for app in APPS:
        for file in sorted((Path(settings.BASE_DIR) / app).rglob("*.py")):
            if "migrations" not in file.parts:
                for node in ast.parse(file.read_text()).body:
                    if isinstance(node, ast.ClassDef):
                        found[node.name].append(str(file.relative_to(settings.BASE_DIR)))
    return found


def test_no_two_classes_have_one_name():
    found = classes()

    assert len(found) > 300
    assert {name: where for name, where in found.items() if len(where) > 1 and name not in CONVENTIONAL} == {}


def test_what_is_exempt_is_there():
    assert {name for name in CONVENTIONAL if len(classes()[name]) < 2} == set()
