"""docs/concepts.md and the code have the same nouns."""

import re
from functools import reduce
from importlib import import_module
from pathlib import Path

from django.apps import apps
from django.conf import settings

APPS = ("cdp", "profiles", "consents", "partners", "segments")
PAGE = (Path(settings.BASE_DIR) / "docs" / "concepts.md").read_text()
TEXT, _, TABLE = PAGE.partition("## Where each word stands in the code\n")
WORD = re.compile(r"\*\*([^*.]+)\*\*")
ROW = re.compile(r"^\| ([^|`]+?) \| (.+) \|$", re.MULTILINE)
NAME = re.compile(rf"`((?:{'|'.join(APPS)})(?:\.\w+)+)`")


def leads_somewhere(name: str) -> bool:
    """Whether a dotted name is a module, or what a module holds."""
    parts = name.split(".")
    for cut in range(len(parts), 0, -1):
        try:
            reduce(getattr, parts[cut:], import_module(".".join(parts[:cut])))
        except (ModuleNotFoundError, AttributeError):
            continue
        return True
    return False


def rows() -> dict[str, list[str]]:
    return {word.lower(): NAME.findall(names) for word, names in ROW.findall(TABLE) if word != "Word"}


def test_every_word_that_is_explained_has_its_place_in_the_code():
    words = {word.lower() for word in WORD.findall(TEXT)}

    assert len(words) > 20
    assert words - rows().keys() == set()
    assert {word for word, names in rows().items() if not names} == set()


def test_every_name_on_the_page_exists():
    names = NAME.findall(PAGE)

    assert len(names) > 60
    assert [name for name in names if not leads_somewhere(name)] == []


def test_a_name_that_is_not_there_is_seen():
    assert not leads_somewhere("profiles.models.Nobody")
    assert not leads_somewhere("profiles.nowhere.Source")


def test_every_model_is_a_concept():
    named = set(NAME.findall(TABLE))
    models = {
        f"{app}.models.{model.__name__}"
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if not hasattr(model, "history_type") and not model.__name__.startswith("Historical")
    }

    assert len(models) > 50
    assert models - named == set()
