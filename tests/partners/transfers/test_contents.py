"""The cells of a file."""

from datetime import date
from decimal import Decimal

import pytest

from cdp.base.spreadsheets import cell_text, csv_bytes
from partners.agreements.terms import Column
from partners.transfers import contents


@pytest.mark.parametrize(
    ("value", "band"),
    [
        (date(1980, 1, 1), "1980-1984"),
        (date(1984, 12, 31), "1980-1984"),
        (date(1985, 1, 1), "1985-1989"),
        (Decimal("0"), "0-1"),
        (Decimal("7.5"), "7-8"),
        (Decimal("420"), "400-500"),
        ("8000", "80…"),
    ],
)
def test_a_band_is_coarser_than_its_value(value, band):
    assert contents.band(value) == band


def test_a_file_is_rfc_4180_in_utf_8():
    header = [Column.parse(text).header for text in ("city", "birth_date:bucketed")]

    content = csv_bytes(header, [['Ærø, "the isle"', "1980-1984"], ["two\nlines", ""]])

    assert content == 'city,birth_date_bucketed\r\n"Ærø, ""the isle""",1980-1984\r\n"two\nlines",\r\n'.encode()


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "yes"),
        (False, "no"),
        (date(2024, 2, 29), "2024-02-29"),
        (Decimal("1E+2"), "100"),
        (Decimal("7.50"), "7.5"),
        (["hiking", "golf"], "hiking; golf"),
        ("Ærø", "Ærø"),
    ],
)
def test_a_value_is_written_as_people_and_programs_read_it(value, cell):
    assert cell_text(value) == cell


@pytest.mark.parametrize("text", ["city", "birth_date:bucketed", "opaque_id", "email:keyed_match"])
def test_a_column_is_written_as_it_was_read(text):
    assert str(Column.parse(text)) == text
