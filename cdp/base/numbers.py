"""Numbers as they come: one way to read what programs write, and one to read a stated notation.

`canonical` reads programs: digits with a decimal point, perhaps an exponent; integers, floats and Decimals likewise.
`Notation` reads files and people: digits with the stated decimal sign, in groups of three if need be.

For both: a sign stands in front and blanks around do not count. True and false, NaN and infinity are no numbers, nor
are digits of other scripts; and no number has more than 14 digits before the decimal sign, because no column holds it.
"""

import math
import re
from decimal import Decimal
from functools import cache

MOST = Decimal(10) ** 14
_CANONICAL = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")
_GROUPS = {".": r"[,\s'’]", ",": r"[.\s'’]"}


class Unreadable(ValueError):
    """What is not what it should be; the argument is a code: `not_a_number`, `number_too_large`, ..."""


def canonical(raw) -> Decimal:
    """The number that a program wrote, exactly. Raises Unreadable."""
    if isinstance(raw, Decimal | int) and not isinstance(raw, bool):
        return in_range(Decimal(raw))
    text = repr(raw) if isinstance(raw, float) and math.isfinite(raw) else _plain(raw)
    if not _CANONICAL.fullmatch(text):
        raise Unreadable("not_a_number")
    return in_range(Decimal(text))


class Notation:
    """How numbers are written: the decimal sign, a point or a comma.

    The other sign, blanks and apostrophes may stand between groups of three digits. With a point as the decimal sign
    an exponent is read too, since that is how programs write small numbers.
    """

    def __init__(self, decimal: str = "."):
        group = _GROUPS[decimal]
        self._number = re.compile(rf"[+-]?(?:[0-9]{{1,3}}(?:{group}[0-9]{{3}})+|[0-9]+)(?:{re.escape(decimal)}[0-9]+)?")
        self._group = re.compile(group)
        self.decimal = decimal

    def read(self, text: str) -> Decimal:
        """Raises Unreadable."""
        plain = _plain(text)
        if self._number.fullmatch(plain):
            return in_range(Decimal(self._group.sub("", plain).replace(self.decimal, ".")))
        if self.decimal == ".":
            return canonical(plain)
        raise Unreadable("not_a_number")


#: A notation by its decimal sign.
notation = cache(Notation)


def in_range(found: Decimal) -> Decimal:
    """Raises Unreadable for what is no number, or more than any column holds."""
    if not found.is_finite():
        raise Unreadable("not_a_number")
    if abs(found) >= MOST:
        raise Unreadable("number_too_large")
    return found


def whole(text: str, *, most: int = 2**31 - 1) -> int | None:
    """The whole number of a form or an address, written in digits alone; None for anything else."""
    return int(text) if re.fullmatch("[0-9]{1,18}", text) and int(text) <= most else None


def _plain(text) -> str:
    return text.strip().replace("\u2212", "-") if isinstance(text, str) else ""
