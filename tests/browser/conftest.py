"""A real Chromium against a real server: the page, a sign-in by role, and the accessibility rules.

    def test_something(page, sign_in, axe):
        sign_in("Steward")
        page.goto("/admin/")
        assert axe(page) == []

A test fails when its page logs an error, which includes every breach of the content security policy.
"""

import os
from pathlib import Path

import pytest
from django.conf import settings
from django.test import Client

from tests.builders import user

CHROMIUM = Path(os.environ.get("KENDT_CHROMIUM", "/usr/bin/chromium"))
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
NARROW, WIDE = {"width": 320, "height": 800}, {"width": 1280, "height": 900}

# Playwright's loop runs in the thread of the test, which makes Django believe that it is called from async code.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


def pytest_collection_modifyitems(items):
    for item in items:
        if "tests/browser" in str(item.path):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def chromium():
    playwright = pytest.importorskip("playwright.sync_api")
    if not CHROMIUM.exists():
        pytest.skip(f"No Chromium at {CHROMIUM}. Debian: apt-get install chromium; KENDT_CHROMIUM names another place.")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(chromium, live_server):
    """A page whose paths are those of the test's own server. Errors in its console fail the test."""
    context = chromium.new_context(base_url=live_server.url, viewport=WIDE, locale="en-GB")
    page = context.new_page()
    errors = []
    page.on("console", lambda message: errors.append(message.text) if _is_error(message) else None)
    page.on("pageerror", lambda error: errors.append(str(error)))
    yield page
    context.close()
    assert errors == []


def _is_error(message) -> bool:
    """An answer of 403 or 404 that a test asks for is none of the page's errors; a missing asset is one."""
    asked_for = "Failed to load resource" in message.text and not message.location.get("url", "").count("/static/")
    return message.type == "error" and not asked_for


@pytest.fixture
def sign_in(page, live_server):
    """`sign_in("Steward", language="da")`: the page is signed in as a new member of staff with these roles."""

    def sign_in(*roles: str, language: str = "en", superuser: bool = False):
        person = user(roles=roles, superuser=superuser, language=language)
        client = Client()
        client.force_login(person)
        session = client.cookies[settings.SESSION_COOKIE_NAME].value
        cookies = {settings.SESSION_COOKIE_NAME: session, settings.LANGUAGE_COOKIE_NAME: language}
        page.context.add_cookies(
            [{"name": name, "value": value, "url": live_server.url} for name, value in cookies.items()]
        )
        return person

    return sign_in


@pytest.fixture
def axe():
    """`axe(page)`: the rules of WCAG 2.2 AA that the page breaks, as "rule: element"."""
    runner = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()

    def broken(page) -> list[str]:
        found = runner.run(page, options={"runOnly": {"type": "tag", "values": RULES}}).response["violations"]
        return [f"{rule['id']}: {node['html'][:160]}" for rule in found for node in rule["nodes"]]

    return broken


@pytest.fixture
def overflows():
    """`overflows(page)`: by how many pixels the page is wider than its window."""
    return lambda page: page.evaluate(
        "Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth)"
    )
