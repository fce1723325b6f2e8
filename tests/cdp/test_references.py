"""What docstrings and comments name in backticks with a dot is there: a module of ours, or something in one."""

import ast
import importlib
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from itertools import accumulate
from pathlib import Path

from django.conf import settings

ROOT = Path(settings.BASE_DIR)
FILES = [
    file
    for app in ("cdp", "profiles", "consents", "partners", "segments")
    for file in sorted((ROOT / app).rglob("*.py"))
    if "migrations" not in file.parts
]
DOTTED = re.compile(r"`([A-Za-z_]\w*(?:\.\w+)+)`")
A_FILE = re.compile(r"\.(py|html|sql|toml|json|po)$")
#: What is no module of ours: words of Django and Python, columns of a file or table, an argument, a check of `verify`.
ELSEWHERE = {"request", "AppConfig", "Meta", "choices", "hmac", "identifiers", "traits"}
ELSEWHERE_WHOLE = {"evidence.identities", "database.guards", "d.profile_id"}


@cache
def modules() -> dict[str, list[str]]:
    """{the last parts of a name: the modules that end so}."""
    found: dict[str, list[str]] = {}
    for file in FILES:
        name = ".".join(file.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")
        parts = name.split(".")
        for end in accumulate(reversed(parts), lambda behind, part: f"{part}.{behind}"):
            found.setdefault(end, []).append(name)
    return found


def is_there(name: str) -> bool:
    parts = name.split(".")
    cuts = range(len(parts), 0, -1)
    return any(
        has(importlib.import_module(module), parts[cut:])
        for cut in cuts
        for module in modules().get(".".join(parts[:cut]), [])
    )


def has(thing, parts: list[str]) -> bool:
    for part in parts:
        if not hasattr(thing, part):
            return False
        thing = getattr(thing, part)
    return True


def prose(file: Path) -> Iterator[str]:
    text = file.read_text()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
            yield ast.get_docstring(node) or ""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.string


def named(file: Path) -> set[str]:
    found = {name for text in prose(file) for name in DOTTED.findall(text) if not A_FILE.search(name)}
    return {name for name in found - ELSEWHERE_WHOLE if name.partition(".")[0] not in ELSEWHERE}


def test_what_prose_refers_to_is_there():
    asked = {(str(file.relative_to(ROOT)), name) for file in FILES for name in named(file)}

    assert len(asked) > 30
    assert {(place, name) for place, name in asked if not is_there(name)} == set()
