"""What a text gives away by its form: an e-mail address, a phone number, a national id, a payment card."""

import re
import unicodedata
from decimal import Decimal

from stdnum import luhn
from stdnum.dk import cpr
from stdnum.no import fodselsnummer

from profiles.values.normal_form import INVISIBLE

#: One pass that most texts end with: nothing below is found without one of these.
SUSPECT = re.compile(r"[@+]|%40|\d(?:[ -]?\d){9}")
EMAIL = re.compile(r"(?<=[^\s@/?&=])(?:@|%40)[^\s@/?&=]{1,255}\.[^\s@.]{2}", re.IGNORECASE)
PHONE = re.compile(r"\+\s?\d(?:[\s().-]?\d){7,14}(?!\d)")
NATIONAL_ID = re.compile(r"(?<![\w-])(?:19|20)?(\d{2})(\d{2})(\d{2})[-+]\d{4}(?![\w-])")
#: Digits that stand alone: no part of an address on the web, of a word, or of a figure with decimals.
ALONE = r"(?<![\w/-])(?<!\d[.,])(?:%s)(?![\w-])(?![.,]\d)"
BARE_ID = re.compile(ALONE % r"\d{10,12}|\d{6} \d{4}|\d{8} \d{4}")
CARD = re.compile(ALONE % r"\d{13,19}|\d{4}([ -])\d{4}\1\d{4}\1\d{4}|\d{4}[ -]\d{6}[ -]\d{4,5}")
#: Lengths and first digits that are issued: other long numbers are of parcels, goods and clocks.
ISSUED = re.compile(r"4\d{12}(?:\d{3}){0,2}|[2356]\d{15,18}|3\d{13,14}")
DASHES = dict.fromkeys([*range(0x2010, 0x2016), 0x2212], "-")
SEPARATORS = re.compile("[ -]")
SMALLEST_FIGURE = 10**10


def contains_personal_data(text: str, *, figures: bool = True) -> bool:
    """True for a text that holds an e-mail address, a phone number with its country, a national id or a card number.

    figures: whether digits alone count too. Those of an order or a product may look like a national id by chance.
    """
    if not text.isascii():
        text = INVISIBLE.sub("", unicodedata.normalize("NFKC", text)).translate(DASHES)
    if not SUSPECT.search(text):
        return False
    if EMAIL.search(text) or PHONE.search(text) or any(_is_national_id(found) for found in NATIONAL_ID.finditer(text)):
        return True
    return figures and _holds_a_number(text)


def number_contains_personal_data(figure: int | float | Decimal) -> bool:
    """The same for a number. Those of ten digits and less are counts, amounts and clocks."""
    return figure >= SMALLEST_FIGURE and figure == figure // 1 and _holds_a_number(format(figure, ".0f"))


def _is_national_id(found: re.Match) -> bool:
    """Danish numbers begin with day, month, year; Swedish with year, month, day. Other numbers make no day."""
    return _is_day(found[1], found[2]) or _is_day(found[3], found[2])


def _holds_a_number(text: str) -> bool:
    return any(_is_bare_id(found[0].replace(" ", "")) for found in BARE_ID.finditer(text)) or any(
        _is_card(found[0]) for found in CARD.finditer(text)
    )


def _is_bare_id(digits: str) -> bool:
    """Without its dash a number needs more: in Sweden and Norway the check digits, in Denmark a day in the past."""
    if len(digits) == 11:
        return fodselsnummer.is_valid(digits)
    if len(digits) == 10 and cpr.is_valid(digits):
        return True
    century, swedish = digits[:-10], digits[-10:]
    return century in {"", "19", "20"} and _is_day(swedish[4:6], swedish[2:4]) and luhn.is_valid(swedish)


def _is_card(written: str) -> bool:
    """What is written in groups is a card, also with a digit mistaken; digits in a row need the check digit."""
    digits = SEPARATORS.sub("", written)
    return bool(ISSUED.fullmatch(digits)) and (digits != written or luhn.is_valid(digits))


def _is_day(day: str, month: str) -> bool:
    return 1 <= int(day) % 60 <= 31 and 1 <= int(month) <= 12
