"""`manage.py messages`: bring the Danish and Swedish catalogues up to date, and compile them.

Gathers the strings of the project and of the libraries that ship without these languages. Needs gettext and the
development requirements.
"""

import contextlib
import shutil
import tempfile
from importlib.util import find_spec
from pathlib import Path

import polib
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.core.management.commands import makemessages

LANGUAGES = ("da", "sv")
#: Libraries whose screens we show and that have no Danish or no Swedish of their own.
LIBRARIES = ("unfold", "simple_history", "django_filters", "procrastinate.contrib.django", "drf_spectacular", "axes")
IGNORED = ["tests/*", ".venv/*", ".kendt/*", "node_modules/*", "benchmarks/*"]


class Gather(makemessages.Command):
    """Django's own command, without guesses: a string that is merely alike is not translated."""

    msgmerge_options = [*makemessages.Command.msgmerge_options, "--no-fuzzy-matching"]


class Command(BaseCommand):
    help = "Gather all strings into locale/*/LC_MESSAGES/django.po and compile them."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument("languages", nargs="*", default=LANGUAGES, help="da, sv; both when none is named")

    def handle(self, *, languages, **options):
        call_command(Gather(), locale=languages, ignore_patterns=IGNORED, no_location=True, verbosity=0)
        shipped = {library: _strings_of(library) for library in LIBRARIES}
        for language in languages:
            catalogue = polib.pofile(_path(language), wrapwidth=120)
            _add(catalogue, [entry for entries in shipped.values() for entry in entries])
            _finish(catalogue, language)
            self.stdout.write(f"{language}: {catalogue.percent_translated()} % of {len(catalogue)} strings")


def _path(language: str) -> str:
    return str(settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po")


def _strings_of(library: str) -> list[polib.POEntry]:
    """The strings of a package, gathered from a copy of it so that its folder stays as it is."""
    package = Path(find_spec(library).submodule_search_locations[0])
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "package"
        shutil.copytree(package, copy, ignore=shutil.ignore_patterns("locale", "static", "__pycache__", "tests"))
        (copy / "locale").mkdir()
        with contextlib.chdir(copy):
            call_command(Gather(), locale=["da"], no_location=True, verbosity=0)
        found = copy / "locale" / "da" / "LC_MESSAGES" / "django.po"
        return list(polib.pofile(str(found))) if found.exists() else []


def _add(catalogue: polib.POFile, entries: list[polib.POEntry]) -> None:
    known = {(entry.msgctxt, entry.msgid) for entry in catalogue if not entry.obsolete}
    kept = {(entry.msgctxt, entry.msgid): entry for entry in catalogue.obsolete_entries()}
    for entry in entries:
        place = (entry.msgctxt, entry.msgid)
        if place in known:
            continue
        known.add(place)
        if place in kept:
            kept[place].obsolete = False
        else:
            catalogue.append(entry)


def _finish(catalogue: polib.POFile, language: str) -> None:
    for entry in catalogue.obsolete_entries():
        catalogue.remove(entry)
    for entry in catalogue.fuzzy_entries():
        entry.flags.remove("fuzzy")
        entry.msgstr, entry.msgstr_plural = "", dict.fromkeys(entry.msgstr_plural, "")
    catalogue.metadata = {
        "Content-Type": "text/plain; charset=UTF-8",
        "Content-Transfer-Encoding": "8bit",
        "Language": language,
        "Plural-Forms": "nplurals=2; plural=(n != 1);",
    }
    catalogue.sort(key=lambda entry: (entry.msgid.lower(), entry.msgctxt or ""))
    catalogue.save(_path(language))
    catalogue.save_as_mofile(_path(language).removesuffix(".po") + ".mo")
