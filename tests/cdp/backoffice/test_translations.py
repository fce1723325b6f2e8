"""Danish and Swedish are complete: nothing untranslated, fuzzy, broken or stale."""

import re

import polib
import pytest
from django.conf import settings

from tests.some import each

LANGUAGES = ("da", "sv")
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w*\}|</?\w+[^>]*>")


def catalogue(language):
    return polib.pofile(str(settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.po"))


def words(entry):
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_string_is_translated(language):
    entries = [entry for entry in catalogue(language) if not entry.obsolete]

    assert len(entries) > 1000
    assert [entry.msgid for entry in entries if entry.fuzzy or not all(each(words(entry)))] == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_placeholders_and_markup_are_kept(language):
    broken = [
        entry.msgid
        for entry in catalogue(language)
        for word in words(entry)[-1:]
        if sorted(PLACEHOLDER.findall(word)) != sorted(PLACEHOLDER.findall(entry.msgid_plural or entry.msgid))
    ]

    assert broken == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_compiled_catalogue_is_the_written_one(language):
    written = catalogue(language)
    compiled = polib.mofile(str(settings.LOCALE_PATHS[0] / language / "LC_MESSAGES" / "django.mo"))

    assert {(entry.msgctxt, entry.msgid): words(entry) for entry in compiled} == {
        (entry.msgctxt, entry.msgid): words(entry) for entry in written.translated_entries()
    }


def test_both_languages_have_the_same_strings():
    danish, swedish = ({(entry.msgctxt, entry.msgid) for entry in catalogue(language)} for language in LANGUAGES)

    assert danish == swedish
