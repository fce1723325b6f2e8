"""`manage.py screenshots`: the pictures of README and docs, taken of the demo in a real browser.

Needs the development requirements and Chromium. Serves the present database on a free port while it works.
"""

import json
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db.models import Count
from django.urls import reverse
from playwright.sync_api import sync_playwright

from cdp.models import User
from consents.models import Ledger
from partners.models import Agreement
from profiles.models import Profile, SourceIdentity
from segments.models import Segment

LANGUAGES = {"en": "en-GB", "da": "da-DK"}
FOLDER = settings.BASE_DIR / "docs" / "images"
CHROMIUM = "/usr/bin/chromium"
SIZE = {"width": 1280, "height": 860}


class Command(BaseCommand):
    help = "Take the pictures of README and docs, in English and Danish, of the demo."

    def handle(self, **options):
        kept = settings.KENDT_DATA / "demo.json"
        if not kept.exists():
            raise CommandError("There is no demo here. Make it with `manage.py demo`.")
        passwords = json.loads(kept.read_text())["passwords"]
        pages = list(_pages())
        FOLDER.mkdir(parents=True, exist_ok=True)
        with _served() as address:
            for language, locale in LANGUAGES.items():
                _speak(language)
                for picture in _take_all(address, language, locale, pages, passwords):
                    self.stdout.write(str(picture.relative_to(settings.BASE_DIR)))
        _speak("en")


def _take_all(address, language, locale, pages, passwords) -> list[Path]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        pictures = []
        for name, user, path in pages:
            pictures.append(FOLDER / f"{name}-{language}.png")
            _take(browser, address, locale, user, passwords[user], path, pictures[-1])
        return pictures


def _speak(language: str) -> None:
    """The demo's staff read in this language from their next sign-in on."""
    User.objects.filter(is_demo=True).update(language=language)


def _pages() -> Iterator[tuple[str, str, str]]:
    """(name of the picture, who looks, path)."""
    person = Profile.objects.living().annotate(known_by=Count("identities")).order_by("-known_by", "id").first()
    answers = (
        Ledger.objects.values("identity_ref").annotate(count=Count("pk")).order_by("-count", "identity_ref").first()
    )
    changed_mind = SourceIdentity.objects.get(pk=answers["identity_ref"]).profile_id
    agreement = Agreement.objects.order_by("number").first()
    segment = Segment.objects.get(key="loyal-buyers")
    yield "home-steward", "anna", reverse("admin:index")
    yield "home-compliance", "carl", reverse("admin:index")
    yield "profile", "anna", reverse("admin:profiles_profile_change", args=[person.pk])
    yield "consent-history", "carl", reverse("admin:consents_person_history", args=[changed_mind])
    yield "agreement", "carl", reverse("admin:partners_agreement_change", args=[agreement.pk])
    yield "segment", "maja", reverse("admin:segments_segment_change", args=[segment.pk])
    yield "import", "anna", reverse("admin:profiles_fileimport_add")


def _take(browser, address, locale, user, password, path, picture) -> None:
    context = browser.new_context(viewport=SIZE, locale=locale, reduced_motion="reduce")
    page = context.new_page()
    page.goto(address + reverse("admin:login"))
    page.fill("input[name=username]", user)
    page.fill("input[name=password]", password)
    with page.expect_navigation():
        page.press("input[name=password]", "Enter")
    answer = page.goto(address + path)
    if answer.status != 200:
        raise CommandError(f"{path} answers {answer.status} to {user}.")
    page.wait_for_load_state("networkidle")
    page.screenshot(path=picture)
    context.close()


@contextmanager
def _served() -> Iterator[str]:
    """The application on a free port of this machine, until the block ends."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", "cdp.wsgi:application", "--chdir", str(settings.BASE_DIR)]
    server = subprocess.Popen([*command, "--bind", f"127.0.0.1:{port}", "--threads=4", "--log-level=warning"])
    address = f"http://127.0.0.1:{port}"
    try:
        _wait_for(address + "/health/live")
        yield address
    finally:
        server.terminate()
        server.wait(timeout=30)


def _wait_for(address: str) -> None:
    for _try in range(100):
        try:
            urllib.request.urlopen(address, timeout=2)  # noqa: S310 (our own address)
            return
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
    raise CommandError("The server did not answer.")
