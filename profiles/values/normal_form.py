"""norm/v1: the one normal form of identifiers, used at intake, look-up, matching, exchange and suppression.

`normal()` is idempotent, and equal for equal people. None means: no identifier (empty, invalid or a placeholder).
A change of any rule is norm/v2 with a rebuild of the blind indexes.
"""

import re
import unicodedata
from functools import lru_cache

import idna
import phonenumbers

from profiles.models.reference import Normaliser

VERSION = "norm/v1"

#: Format characters that people paste along without seeing them: zero-width, BOM, soft hyphen, direction marks.
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]")
PLACEHOLDER_LOCAL_PARTS = {"test", "noreply", "no-reply", "none", "null", "anonymous", "ukendt", "okand"}
ROLE_LOCAL_PARTS = {"info", "kontakt", "contact", "mail", "post", "office", "sales", "salg", "kundeservice", "support"}
PLACEHOLDER_PHONES = {"+4512345678", "+4512341234"}
REFUSED_LOGINS = re.compile(r"^(null|undefined|none|nan|anonymous|guest|true|false|unknown|-1|n/?a|[0\-\s]+)$", re.I)
LOCAL_PART = re.compile(r"^[^\s@\"(),:;<>\[\\\]]{1,64}$")


def normal(normaliser: str, value: str, *, country: str | None = None) -> str | None:
    """The normal form of `value`, or None where it is no identifier.

    country: ISO 3166-1 alpha-2, reads a phone number that has no country code.
    """
    text = _clean(value)
    if not text:
        return None
    return RULES[normaliser](text, country)


def email(text: str, country: str | None = None) -> str | None:
    """Lower-case local part with dots and plus tags kept; the domain as a lower-case IDNA A-label."""
    text = _WHITE.sub("", text)
    local, at, domain = text.partition("@")
    if not at or "@" in domain:
        return None
    local, domain = local.lower(), _domain(domain)
    if domain is None or not LOCAL_PART.match(local) or local in PLACEHOLDER_LOCAL_PARTS:
        return None
    return f"{local}@{domain}"


def is_role_address(normal_email: str) -> bool:
    """True for an address that a whole office reads, such as info@: it never links people."""
    return normal_email.partition("@")[0] in ROLE_LOCAL_PARTS


@lru_cache(maxsize=200_000)
def phone(text: str, country: str | None = None) -> str | None:
    """E.164; without a country code the number is read as one of `country`, and refused where that is unknown."""
    if re.fullmatch(r"\+[1-9]\d{7,14}", text) and country is None:
        country = "ZZ"
    try:
        number = phonenumbers.parse(text, country)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    form = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    national = str(number.national_number)
    return None if len(set(national)) == 1 or form in PLACEHOLDER_PHONES else form


def number(text: str, country: str | None = None) -> str | None:
    """A customer or loyalty number: without blanks, upper case."""
    text = _WHITE.sub("", text).upper()
    return None if REFUSED_LOGINS.match(text) else text


def login(text: str, country: str | None = None) -> str | None:
    """A login, device or cookie id: trimmed, case kept."""
    return None if REFUSED_LOGINS.match(text) else text


def national_id(text: str, country: str | None = None) -> str | None:
    """Danish CPR or Swedish personnummer or samordningsnummer (day + 60): its digits. A failed check digit stands:
    valid Danish numbers issued since 2007 may fail modulus 11."""
    digits = re.sub(r"\D", "", text)
    return digits if len(digits) in {10, 12} else None


RULES = {
    Normaliser.EMAIL: email,
    Normaliser.PHONE: phone,
    Normaliser.NUMBER: number,
    Normaliser.LOGIN: login,
    Normaliser.NATIONAL_ID: national_id,
}

_WHITE = re.compile(r"\s+")
_FOLDED_LETTERS = str.maketrans({"æ": "ä", "ø": "ö", "å": "aa", "é": "e", "è": "e", "ü": "u", "ß": "ss"})


def folded_name(value: str) -> str:
    """A name for matching only, never for display: case and the Nordic variants of a letter are one."""
    return " ".join(_clean(value).casefold().translate(_FOLDED_LETTERS).replace("-", " ").split())


def _clean(value: str) -> str:
    return INVISIBLE.sub("", unicodedata.normalize("NFC", str(value))).strip()


@lru_cache(maxsize=50_000)
def _domain(text: str) -> str | None:
    text = text.rstrip(".").lower()
    if "." not in text or any(not label for label in text.split(".")):
        return None
    try:
        return idna.encode(text, uts46=True).decode()
    except idna.IDNAError:
        return None
