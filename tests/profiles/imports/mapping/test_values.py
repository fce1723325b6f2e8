"""Cells as numbers and moments, in the notation of the file and the time zone of the source."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from profiles.imports.mapping.values import Unreadable, Values, likely_form, product

COMMA = Values(decimal=",", time_zone="Europe/Copenhagen")
POINT = Values(decimal=".", time_zone="Europe/Copenhagen")


@pytest.mark.parametrize(
    ("values", "text", "number"),
    [
        (COMMA, "1.234,56", "1234.56"),
        (COMMA, "-98,76", "-98.76"),
        (COMMA, "\u221298,76", "-98.76"),
        (COMMA, "1 234 567,5", "1234567.5"),
        (COMMA, "1\u00a0234,5", "1234.5"),
        (COMMA, "200.000.000", "200000000"),
        (COMMA, "7", "7"),
        (POINT, "1,234.56", "1234.56"),
        (POINT, "11'373.94", "11373.94"),
        (POINT, "2.55", "2.55"),
        (POINT, "+3", "3"),
        (POINT, "1e-05", "0.00001"),
    ],
)
def test_a_number_is_read_in_the_notation_of_the_file(values, text, number):
    assert values.number(text) == number


@pytest.mark.parametrize("values", [COMMA, POINT])
@pytest.mark.parametrize("text", ["", "abc", "1,2,3", "1.2.3", "12.34.567,8", "1-2", "kr 5", "NaN", "inf", "--1"])
def test_what_is_no_number_is_told(values, text):
    with pytest.raises(Unreadable, match="not_a_number"):
        values.number(text)


def test_a_decimal_point_in_a_file_of_commas_is_told_not_guessed():
    with pytest.raises(Unreadable, match="not_a_number"):
        COMMA.number("1.5")


def test_a_number_beyond_its_column_is_told():
    with pytest.raises(Unreadable, match="number_too_large"):
        POINT.number("1" + "0" * 14)


def test_a_product_is_exact():
    assert product("3", "0.1") == "0.3"
    assert product("99999.9999", "99999.9999") == "9999999980.00000001"


@pytest.mark.parametrize(
    ("text", "form", "moment"),
    [
        ("2026-01-31 13:45", None, "2026-01-31 12:45:00+00:00"),
        ("2026-07-31T13:45:00.5", None, "2026-07-31 11:45:00.500000+00:00"),
        ("2026-01-31T13:45:00Z", None, "2026-01-31 13:45:00+00:00"),
        ("2026-01-31T13:45:00+05:30", None, "2026-01-31 08:15:00+00:00"),
        ("2026-01-31", None, "2026-01-30 23:00:00+00:00"),
        ("31.01.2026 13:45", "%d.%m.%Y %H:%M", "2026-01-31 12:45:00+00:00"),
        ("1/31/26", "%m/%d/%y", "2026-01-30 23:00:00+00:00"),
        ("1769863500", "unix", "2026-01-31 12:45:00+00:00"),
        ("1769863500250", "unix_ms", "2026-01-31 12:45:00.250000+00:00"),
    ],
)
def test_a_time_without_offset_is_local_to_the_source(text, form, moment):
    assert POINT.moment(text, form) == moment


def test_a_local_time_that_the_clock_skipped_moves_forward_by_what_was_skipped():
    assert POINT.moment("2026-03-29 02:30") == "2026-03-29 01:30:00+00:00"  # 03:30 in summer time


def test_a_local_time_that_the_clock_passed_twice_is_the_first():
    assert POINT.moment("2025-10-26 02:30") == "2025-10-26 00:30:00+00:00"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("31/01/2026", "not_a_time"),
        ("2026-02-30", "not_a_time"),
        ("soon", "not_a_time"),
        ("1969-12-31T23:59:59Z", "time_out_of_range"),
        ("0001-01-01T00:00:00+14:00", "time_out_of_range"),
        ("9999-12-31T23:59:59-14:00", "future_date"),
        ("9998-12-31T23:59:59", "future_date"),
    ],
)
def test_a_time_that_cannot_be_is_told(text, code):
    with pytest.raises(Unreadable, match=code):
        POINT.moment(text)


def test_a_day_is_read_in_its_form():
    assert POINT.day("31.01.1980", "%d.%m.%Y") == "1980-01-31"


def test_the_form_of_dates_is_guessed_from_samples():
    assert likely_form(["24/03/2022", "13/11/2022"]) == "%d/%m/%Y"
    assert likely_form(["10.10.2017"]) == "%d.%m.%Y"
    assert likely_form(["2/20/19", "1/5/19"]) == "%m/%d/%y"
    assert likely_form(["2026-01-31 08:26:00"]) is None
    assert likely_form([]) is None


def test_one_cell_that_is_no_date_does_not_hide_how_the_others_are_written():
    assert likely_form(["21-01-1949", "unknown", "03-12-1980"]) == "%d-%m-%Y"
    assert likely_form(["unknown", "later"]) is None


@given(st.text())
def test_any_text_is_read_or_told(text):
    for read in (COMMA.number, POINT.number, POINT.moment, POINT.day):
        try:
            assert isinstance(read(text), str)
        except Unreadable as told:
            assert str(told)
