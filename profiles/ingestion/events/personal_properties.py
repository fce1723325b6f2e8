"""Which properties of an event could tell who it is: by their name, or by what they look like. These are sealed."""

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from profiles.values.pii_detection import contains_personal_data, number_contains_personal_data

#: Names as `_plain` gives them. A name that ends with one of these counts too, such as `invitee_email`.
NAMES = (
    *("email", "mail", "phone", "phonenumber", "mobile", "telephone", "msisdn", "address", "address1", "address2"),
    *("firstname", "lastname", "fullname", "middlename", "surname", "givenname", "familyname", "username", "nickname"),
    *("street", "postalcode", "postcode", "zip", "zipcode", "birthday", "birthdate", "dateofbirth", "dob", "ssn"),
    *("cpr", "cprnumber", "personnummer", "personalnumber", "nationalid", "passport", "ipaddress", "useragent"),
    *("latitude", "longitude", "iban", "accountnumber", "cardnumber", "creditcard", "password", "avatar", "recipient"),
)
#: The same in Danish, Swedish and Norwegian.
NORDIC_NAMES = (
    *("fornavn", "efternavn", "etternavn", "mellemnavn", "mellomnavn", "fornamn", "efternamn", "mellannamn"),
    *(
        "brugernavn",
        "brukernavn",
        "anvandarnamn",
        "kaldenavn",
        "smeknamn",
        "tilltalsnamn",
        "epost",
        "adresse",
        "adress",
    ),
    *("telefon", "telefonnummer", "telefonnr", "tlf", "tlfnr", "mobil", "mobilnummer", "mobilnr", "mobiltelefon"),
    *("gadenavn", "vejnavn", "gatenavn", "gatunamn", "postnummer", "postnr", "cprnr", "cprnummer", "personnr"),
    *("fodselsdato", "foedselsdato", "fodselsdag", "foedselsdag", "fodelsedatum", "fodelsedag", "fodselsnummer"),
    *(
        "kortnummer",
        "kortnr",
        "kontonummer",
        "kontonr",
        "pasnummer",
        "passnummer",
        "adgangskode",
        "losenord",
        "passord",
    ),
    *("modtager", "mottagare", "mottaker"),
)
#: Names that are personal only as they stand; many harmless names end with them.
WHOLE_NAMES = {
    *("ip", "lat", "lng", "lon", "location", "signature"),
    *("userid", "previoususerid", "anonymousid", "deviceid", "advertisingid"),
    *("navn", "namn", "gade", "gata", "gate", "vej", "vei", "vag", "pnr"),
}
PEOPLE = (
    "customer|contact|recipient|shipping|billing|delivery|person|holder|owner|guest|passenger|member|employee|user"
    "|kunde|kund|kontakt|modtager|mottagare|mottaker|levering|leverans|ejer|agare|gaest|gast|passager|passagerare"
    "|medlem|medarbejder|anstalld|bruger|bruker|anvandare"
)
#: `customer_name`, and `name` inside an object called `shipping` or `customers`: elsewhere a name is of a thing.
NAME_OF_A_PERSON = re.compile(rf"(?:{PEOPLE})s?(?:name|navn|namn)$")
A_PERSON = re.compile(rf"(?:{PEOPLE})(?:s|e?r|e)?$")
#: What numbers a thing or tells a time: its digits are no national id, however much they look like one.
OF_A_THING = re.compile(
    r"(?:order|ordre|product|produkt|item|article|artikel|vare|variant|invoice|faktura|cart|checkout|transaction"
    r"|parcel|shipment|tracking)(?:id|no|nr|num|number|nummer)$|(?:sku|ean|gtin|upc|isbn|barcode|timestamp|time)$"
    r"|(?:created|updated|deleted|started|ended|expires|sent|received|ordered|paid|shipped|delivered|published)at$"
)
LETTERS = str.maketrans({"æ": "ae", "ø": "o"})


class PersonalNames(NamedTuple):
    """What a name says of its value. `tells`: the name itself is an address or a number of somebody."""

    tells: bool
    is_personal: bool
    is_person: bool
    is_of_a_thing: bool


def split_personal(properties: dict) -> tuple[dict, dict]:
    """(open, personal): each property on one side, whole. A property with something personal inside is personal."""
    personal = {name: value for name, value in properties.items() if is_personal(name, value)}
    if not personal:
        return properties, personal
    return {name: value for name, value in properties.items() if name not in personal}, personal


def is_personal(name: str, value) -> bool:
    sight = _sight(name)
    if sight.tells:
        return True
    if value is None or isinstance(value, bool):
        return False
    if sight.is_personal:
        return True
    if isinstance(value, str):
        return contains_personal_data(value, figures=not sight.is_of_a_thing)
    if isinstance(value, dict):
        named = sight.is_person and "name" in value
        return named or any(is_personal(inner, one) for inner, one in value.items())
    if isinstance(value, list):
        return any(is_personal(name, one) for one in value)
    return not sight.is_of_a_thing and number_contains_personal_data(value)


@lru_cache(maxsize=10_000)
def _sight(name: str) -> PersonalNames:
    plain = _plain(name)
    personal = plain in WHOLE_NAMES or plain.endswith(NAMES + NORDIC_NAMES) or bool(NAME_OF_A_PERSON.search(plain))
    return PersonalNames(
        contains_personal_data(name), personal, bool(A_PERSON.search(plain)), bool(OF_A_THING.search(plain))
    )


def _plain(name: str) -> str:
    """Without case and separators, and with the plain letters of Nordic ones: `Fødselsdato` is `fodselsdato`."""
    return re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKD", name.lower().translate(LETTERS)))
