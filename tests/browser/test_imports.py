"""A file with bad rows, from upload to the corrected rows, in a real browser and by every rule of accessibility."""

import pytest

from profiles.imports.run import tasks
from profiles.models import FileImport, Profile
from tests.browser.conftest import NARROW
from tests.builders import source

ROWS = 300
BAD = {row for row in range(ROWS) if row % 33 == 7}


@pytest.fixture
def crm(settings, tmp_path):
    """A Danish file of a CRM in windows-1252, three rows in a hundred bad."""
    settings.KENDT_FILES = tmp_path / "stored"
    source("crm", title="CRM")
    rows = (f"{1000 + n};Åse;person{n}@example.dk;Århus;{'mange' if n in BAD else f'{n},5'}" for n in range(ROWS))
    path = tmp_path / "kunder.csv"
    path.write_bytes("\r\n".join(["Kundenr;Fornavn;E-mail;By;Bonuspoint", *rows]).encode("cp1252"))
    return path


def test_a_file_is_loaded_and_only_its_bad_rows_again(page, sign_in, crm, axe, overflows, tmp_path):
    found = {}

    def look(step: str) -> None:
        """What is wrong with the page at this step."""
        found[step] = axe(page)
        page.set_viewport_size(NARROW)
        found[f"{step}, narrow"] = [*axe(page), *([f"too wide by {wide}"] if (wide := overflows(page)) else [])]
        page.set_viewport_size({"width": 1280, "height": 900})

    def load(file) -> FileImport:
        page.goto("/admin/profiles/fileimport/add/")
        look("upload")
        page.set_input_files("input[type=file]", file)
        page.select_option("select[name=source]", label="CRM")
        page.click("text=Upload and look at it")
        page.wait_for_selector("text=What its columns mean")
        look("columns")
        page.click("text=Keep, and begin the dry run")
        file_import = FileImport.objects.latest("id")
        look("waiting for the dry run")
        tasks.check_import(str(file_import.pk))
        page.wait_for_selector("text=Load it?")  # the page looks every two seconds by itself
        look("dry run")
        page.click("button:has-text('Load it')")
        look("waiting for the load")
        tasks.run_import(str(file_import.pk))
        page.wait_for_selector("text=Done:")
        look("result")
        return FileImport.objects.get(pk=file_import.pk)

    sign_in("Steward")
    first = load(crm)
    with page.expect_download() as download:
        page.click("text=Take the rejected rows")
    corrected = tmp_path / "corrected.csv"
    corrected.write_text(download.value.path().read_text("utf-8-sig").replace("mange", "5"), "utf-8")
    second = load(corrected)

    assert (first.rows_new, first.rows_rejected) == (ROWS - len(BAD), len(BAD))
    assert (second.rows_new, second.rows_rejected) == (len(BAD), 0)
    assert Profile.objects.count() == ROWS
    assert {step: broken for step, broken in found.items() if broken} == {}


def test_the_list_of_imports_keeps_the_accessibility_rules(page, sign_in, axe, overflows):
    sign_in("Steward")
    page.goto("/admin/profiles/fileimport/")

    assert axe(page) == []
    page.set_viewport_size(NARROW)
    assert overflows(page) == 0
