"""Numbers are read alike at every door."""

from decimal import Decimal

import pytest

from cdp.base.numbers import Unreadable, canonical, notation, whole

NOT, LARGE = "not_a_number", "number_too_large"
TABLE = [
    # written, by a program, with a decimal point, with a decimal comma
    ("7", "7", "7", "7"),
    ("-3", "-3", "-3", "-3"),
    ("+3", "3", "3", "3"),
    ("\u22123", "-3", "-3", "-3"),
    (" 12 ", "12", "12", "12"),
    ("2.55", "2.55", "2.55", NOT),
    ("2,55", NOT, NOT, "2.55"),
    ("1.000", "1.000", "1.000", "1000"),
    ("1,000", NOT, "1000", "1.000"),
    ("1 000", NOT, "1000", "1000"),
    ("1\u00a0234,5", NOT, NOT, "1234.5"),
    ("11'373.94", NOT, "11373.94", NOT),
    ("1.234,56", NOT, NOT, "1234.56"),
    ("1,234.56", NOT, "1234.56", NOT),
    ("1e3", "1000", "1000", NOT),
    ("1e-05", "0.00001", "0.00001", NOT),
    ("5.", "5", "5", NOT),
    ("99999999999999.9", "99999999999999.9", "99999999999999.9", NOT),
    ("1" + "0" * 14, LARGE, LARGE, LARGE),
    ("-1" + "0" * 400, LARGE, LARGE, LARGE),
    ("1e400", LARGE, LARGE, NOT),
    *((text, NOT, NOT, NOT) for text in ["", " ", "abc", "1-2", "--1", "kr 5", "1,2,3", "1.2.3", "12.34.567,8"]),
    *(
        (text, NOT, NOT, NOT)
        for text in ["NaN", "nan", "inf", "-Infinity", "True", "0x10", "1_000", "١٢", "²", "1e9999"]
    ),
]


def outcome(read, raw):
    try:
        return read(raw)
    except Unreadable as fault:
        return fault.args[0]


def expected(told: str):
    return told if told in (NOT, LARGE) else Decimal(told)


@pytest.mark.parametrize(("written", "program", "point", "comma"), TABLE)
def test_a_text_is_the_number_that_its_notation_says_or_none(written, program, point, comma):
    found = [outcome(read, written) for read in (canonical, notation(".").read, notation(",").read)]

    assert found == [expected(program), expected(point), expected(comma)]


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        (3, Decimal(3)),
        (-0.1, Decimal("-0.1")),
        (1e-7, Decimal("1e-7")),
        (Decimal("1.50"), Decimal("1.5")),
        (10**14, LARGE),
        (10**400, LARGE),
        (1e300, LARGE),
        (float("inf"), NOT),
        (float("nan"), NOT),
        (Decimal("NaN"), NOT),
        (True, NOT),
        (None, NOT),
        ([1], NOT),
        (b"1", NOT),
    ],
)
def test_a_value_of_json_is_a_number_or_none(raw, found):
    assert outcome(canonical, raw) == found


def test_a_whole_number_of_any_length_is_refused_in_no_time():
    assert outcome(canonical, 10**5_000) == LARGE


@pytest.mark.parametrize(
    ("text", "number"),
    [("0", 0), ("15", 15), ("2147483647", 2**31 - 1), ("2147483648", None), ("9" * 5_000, None)]
    + [(text, None) for text in ("", "-1", "1.5", " 1", "²", "١", "1_0")],
)
def test_a_whole_number_is_digits_alone(text, number):
    assert whole(text) == number
