"""The documents are true: settings, scopes, commands and links that they name exist, and none is missing."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands

from cdp.base.api.scopes import SCOPES
from tests.some import each

ROOT = Path(settings.BASE_DIR)
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md")])
OPERATIONS = (ROOT / "docs" / "operations.md").read_text()
INTEGRATIONS = (ROOT / "docs" / "integrations.md").read_text()


def settings_read():
    source = (ROOT / "cdp" / "settings.py").read_text()
    return set(re.findall(r'env\.\w+\("([A-Z_]+)"', source))


def test_every_setting_is_described():
    assert settings_read() - set(re.findall(r"`([A-Z_0-9]+)`", OPERATIONS)) == set()


def test_every_scope_is_described():
    assert {scope for scope in SCOPES if f"`{scope}`" not in INTEGRATIONS} == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_command_that_a_page_names_exists(page):
    named = set(re.findall(r"manage\.py (\w+)", page.read_text()))

    assert named - set(get_commands()) == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_link_of_a_page_leads_somewhere(page):
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text())

    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_every_file_of_the_project_that_a_page_names_exists(page):
    named = re.findall(
        r"`((?:cdp|profiles|consents|partners|segments|docs|tests|benchmarks)/[\w/.\-]+)`", page.read_text()
    )

    assert [name for name in named if not (ROOT / name.rstrip("/")).exists()] == []


def test_make_targets_that_the_readme_names_exist():
    targets = set(re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.M))

    assert each(set(re.findall(r"`?make (\w+)", (ROOT / "README.md").read_text()))) <= targets
