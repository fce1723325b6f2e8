"""Rows that were rejected, sealed until they are taken out, corrected and loaded again."""

import pytest

from profiles.imports.run import rejects
from profiles.models import AccessEntry, FileImport, Profile, Rejection
from tests.profiles.imports.building import (
    CUSTOMER,
    counts,
    customers,
    loaded,
    mapping,
    table,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("small_blocks")]


def reject_file(file_import: FileImport) -> bytes:
    return "".join(rejects.lines(file_import=file_import, by=None)).encode("utf-8-sig")


def test_rejected_rows_are_sealed_and_come_back_with_their_reason():
    content = table(["id", "email", "name", "city", "points"], ["1", "=HYPERLINK(1)", "anna planted", "x", "-many"])
    file_import = loaded(content, CUSTOMER)

    assert b"planted" not in bytes(Rejection.objects.get().sealed_row)
    assert reject_file(file_import).decode("utf-8-sig").splitlines() == [
        "kendt_row,kendt_column,kendt_code,kendt_advice,id,email,name,city,points",
        '2,points,not_a_number,"A number in the declared notation is expected. Correct it, or the decimal sign of the '
        "file.\",1,'=HYPERLINK(1),anna planted,x,'-many",
    ]
    assert AccessEntry.objects.get().count == 1


def test_only_the_corrected_rows_are_loaded_again():
    kept = mapping(CUSTOMER)
    rows = [["1", "a@example.dk", "Anna", "Aarhus", "5"], ["2", "b@example.dk", "-Bo", "=Vejle", "six"]]
    file_import = loaded(customers(*rows), kept)

    corrected = reject_file(file_import).replace(b"six", b"6")
    again = loaded(corrected, kept, file_name="rejected.csv")

    assert counts(again) == (1, 0, 0, 0)
    assert again.format["columns"] == ["id", "email", "name", "city", "points"]
    assert set(Profile.objects.values_list("golden__text", flat=True)) >= {"Aarhus", "=Vejle"}


def test_rejected_rows_of_any_format_come_back_as_a_table():
    lines = b'{"id": "1", "points": "x"}\n{"id": "2", "points": "y", "city": "Ribe"}\nnot json\n'
    file_import = loaded(lines, {"external_id": "id", "traits": {"loyalty_points": "points", "city": "city"}})

    text = reject_file(file_import).decode("utf-8-sig").splitlines()

    assert [line.split(",")[0] for line in text] == ["kendt_row", "1", "2", "3"]
    assert text[0].endswith(",id,points,city")
