"""Which properties of an event could tell who it is: by their name, or by what they look like. These are sealed."""

import re
from functools import lru_cache

#: Names without case and separators. A name that ends with one of these counts too, such as `invitee_email`.
NAMES = (
    *("email", "mail", "phone", "phonenumber", "mobile", "telephone", "msisdn", "address", "address1", "address2"),
    *("firstname", "lastname", "fullname", "middlename", "surname", "givenname", "familyname", "username", "nickname"),
    *("street", "postalcode", "postcode", "zip", "zipcode", "birthday", "birthdate", "dateofbirth", "dob", "ssn"),
    *("cpr", "cprnumber", "personnummer", "personalnumber", "nationalid", "passport", "ipaddress", "useragent"),
    *("latitude", "longitude", "iban", "accountnumber", "cardnumber", "creditcard", "password", "avatar", "recipient"),
)
#: Names that are personal only as they stand; many harmless names end with them.
WHOLE_NAMES = {
    "ip",
    "lat",
    "lng",
    "lon",
    "location",
    "signature",
    "userid",
    "previoususerid",
    "anonymousid",
    "deviceid",
    "advertisingid",
}
PEOPLE = "customer|contact|recipient|shipping|billing|delivery|person|holder|owner|guest|passenger|member|employee|user"
#: `customer_name`, and `name` inside an object called `shipping` or `customers`: elsewhere a name is of a thing.
NAME_OF_A_PERSON = re.compile(rf"(?:{PEOPLE})name$")
A_PERSON = re.compile(rf"(?:{PEOPLE})s?$")
SUSPECT = re.compile(r"[@+]|%40|\d-\d{4}")
EMAIL = re.compile(r"(?<=[^\s@/?&=])(?:@|%40)[^\s@/?&=]{1,255}\.[^\s@.]{2}", re.IGNORECASE)
PHONE = re.compile(r"\+\s?\d(?:[\s().-]?\d){7,14}(?!\d)")
NATIONAL_ID = re.compile(r"(?<![\w-])(?:19|20)?(\d{2})(\d{2})(\d{2})[-+]\d{4}(?![\w-])")


def parted(properties: dict) -> tuple[dict, dict]:
    """(open, personal): each property on one side, whole. A property with something personal inside is personal."""
    personal = {name: value for name, value in properties.items() if is_personal(name, value)}
    if not personal:
        return properties, personal
    return {name: value for name, value in properties.items() if name not in personal}, personal


def is_personal(name: str, value) -> bool:
    if isinstance(value, str):
        return _names_a_person(name) or looks_personal(value)
    if value is None or isinstance(value, bool):
        return False
    if isinstance(value, dict):
        named = "name" in value and A_PERSON.search(_plain(name))
        return bool(named) or _names_a_person(name) or any(is_personal(inner, one) for inner, one in value.items())
    if isinstance(value, list):
        return _names_a_person(name) or any(is_personal(name, one) for one in value)
    return _names_a_person(name)


def looks_personal(text: str) -> bool:
    """True for a text that holds an e-mail address, a phone number with its country, or a national id."""
    if not SUSPECT.search(text):
        return False
    return bool(EMAIL.search(text) or PHONE.search(text) or _is_national_id(text))


def _is_national_id(text: str) -> bool:
    """Danish numbers begin with day, month, year; Swedish with year, month, day. Other numbers make no day."""
    found = NATIONAL_ID.search(text)
    return bool(found) and any(_is_day(day, found[2]) for day in (found[1], found[3]))


def _is_day(day: str, month: str) -> bool:
    return 1 <= int(day) % 60 <= 31 and 1 <= int(month) <= 12


@lru_cache(maxsize=10_000)
def _names_a_person(name: str) -> bool:
    plain = _plain(name)
    return plain in WHOLE_NAMES or plain.endswith(NAMES) or bool(NAME_OF_A_PERSON.search(plain))


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "", name.lower())
