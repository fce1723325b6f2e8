"""What of a call becomes the event: its name, its columns, its open and its sealed properties."""

from decimal import Decimal

import pytest

from profiles.ingestion.events.personal_properties import is_personal, split_personal
from profiles.models import Event
from tests.profiles.ingestion.sending import identify, personal, reasons, take, text_of_database, track

pytestmark = pytest.mark.django_db


def test_properties_that_segments_use_stand_in_columns_of_their_own():
    take(
        track(
            properties={
                "category": "shoes",
                "order_id": "O-1",
                "product_id": 123,
                "quantity": 2,
                "price": 149.95,
                "revenue": "299.90",
                "currency": "dkk",
                "color": "red",
            }
        )
    )

    event = Event.objects.get()
    assert (event.category, event.order_id, event.product_id, event.currency) == ("shoes", "O-1", "123", "DKK")
    assert (event.quantity, event.price, event.amount) == (2, Decimal("149.95"), Decimal("299.90"))
    assert event.properties == {"color": "red"}


def test_a_value_that_would_lose_in_its_column_stays_a_property():
    odd = {
        "price": "1.299,00",
        "quantity": True,
        "revenue": 0.123456,
        "currency": "kroner",
        "order_id": "x" * 101,
        "category": ["a"],
    }

    take(track(properties=odd))

    event = Event.objects.get()
    assert (event.price, event.quantity, event.amount, event.currency, event.order_id, event.category) == (None,) * 6
    assert event.properties == odd


@pytest.mark.parametrize(
    ("call", "name", "category"),
    [
        ({"type": "page", "name": "Forside", "category": "Shop"}, "Forside", "Shop"),
        ({"type": "page", "properties": {"name": "Forside"}}, "Forside", None),
        ({"type": "page"}, "page", None),
        ({"type": "screen", "name": "Kurv"}, "Kurv", None),
        ({"type": "group", "groupId": "G-1", "name": "ignored"}, "group", None),
        ({"type": "track", "event": " Order Completed "}, "Order Completed", None),
    ],
)
def test_the_name_is_what_happened_or_what_the_page_is_called(call, name, category):
    take(track(**call))

    assert list(Event.objects.values_list("name__name", "category")) == [(name, category)]


def test_the_group_and_its_traits_are_properties_and_its_name_is_sealed():
    take(track(type="group", groupId="org-7", traits={"name": "Familien Åkesson", "employees": 12}))

    event = Event.objects.get()
    assert event.properties == {"group_id": "org-7", "employees": 12}
    assert personal("group") == {"name": "Familien Åkesson"}


def test_of_the_context_only_campaign_page_and_consent_signal_are_kept():
    take(
        track(
            context={
                "ip": "192.0.2.10",
                "userAgent": "Firefox",
                "locale": "da-DK",
                "library": {"name": "x"},
                "campaign": {"source": "mail"},
                "page": {"url": "https://shop.example/a?session=abc#top", "search": "?session=abc", "title": "A"},
                "consent": {"categoryPreferences": {"Advertising": False}},
            }
        )
    )

    assert Event.objects.get().properties == {
        "context": {
            "campaign": {"source": "mail"},
            "page": {"url": "https://shop.example/a", "title": "A"},
            "consent": {"categoryPreferences": {"Advertising": False}},
        }
    }


def test_a_page_is_kept_without_the_query_of_its_addresses():
    told = {"url": "https://shop.example/a?session=abc", "search": "?session=abc", "referrer": "https://x/?q=a", "n": 1}

    take(track(type="page", properties=told))

    assert Event.objects.get().properties == {"url": "https://shop.example/a", "referrer": "https://x/", "n": 1}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("email", "x"),
        ("invitee_email", "x"),
        ("Phone Number", 20123456),
        ("shipping-address", {"line": "x"}),
        ("ip", "192.0.2.1"),
        ("note", "write to anna@example.dk soon"),
        ("url", "https://shop.example/?mail=anna%40example.dk"),
        ("note", "call +45 20 12 34 56"),
        ("id", "010190-1234"),
        ("id", "19900131-1234"),
        ("lines", [{"recipient": "Anna"}]),
        ("shipping", {"name": "Anna Hansen", "method": "home"}),
        ("passengers", [{"name": "Anna Hansen"}]),
        ("customer_name", "Anna Hansen"),
        ("deep", {"a": [{"b": "anna@example.dk"}]}),
        ("note", "anna＠example.dk"),
        ("note", "＋45 20 12 34 56"),
        ("id", "010190\u20111234"),
        ("id", "0101901234"),
        ("chat", "0101901234"),
        ("note", "CPR 010190 1234."),
        ("id", "8803200016"),
        ("id", "198803200016"),
        ("id", 198803200016),
        ("id", "15108695088"),
        ("paid_with", "4111 1111 1111 1111"),
        ("paid_with", "4111-1111-1111-1111 12/27"),
        ("paid_with", "4571 1234 5678 9010"),
        ("paid_with", "378282246310005"),
        ("paid_with", 4111111111111111),
        ("order_id", "anna@example.dk"),
        ("kunde", {"name": "Anna Hansen"}),
        ("gäster", [{"name": "Anna Hansen"}]),
    ],
)
def test_a_property_that_could_tell_who_it_is_is_personal(name, value):
    assert is_personal(name, value)


@pytest.mark.parametrize(
    "name",
    [
        *("navn", "namn", "fornavn", "efternavn", "etternavn", "förnamn", "Efternamn", "kundenavn", "kontakt_namn"),
        *("adresse", "leveringsadresse", "adress", "gade", "gata", "vej", "väg", "postnummer", "postnr"),
        *("telefon", "Telefonnr.", "tlf", "mobil", "mobilnummer", "mail", "e-post", "epost", "modtager", "mottagare"),
        *(
            "cpr",
            "CPR-nr",
            "personnummer",
            "fødselsnummer",
            "fødselsdato",
            "foedselsdato",
            "FÖDELSEDATUM",
            "fødselsdag",
        ),
        *("kortnummer", "kontonr", "adgangskode", "lösenord", "brugernavn", "användarnamn"),
    ],
)
def test_a_nordic_name_of_something_personal_is_known(name):
    assert is_personal(name, "x")


@pytest.mark.parametrize("value", ["x", 1, None, True, {}])
@pytest.mark.parametrize("name", ["anna@example.dk", "for anna＠example.dk", "+45 20 12 34 56", "010190-1234"])
def test_a_name_that_tells_who_it_is_seals_its_property_whatever_the_value(name, value):
    assert is_personal(name, value)
    assert is_personal("deep", [{"a": {name: value}}])


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Running shoe"),
        ("order_id", "1234567890"),
        ("sku", "12345678-1234-4123-8123-123456789012"),
        ("time", "2026-11-21T18:29:48.992+02:00"),
        ("has_email", True),
        ("email", None),
        ("utm_medium", "email"),
        ("tags", ["summer", "sale"]),
        ("ean", 5701234567890),
        ("zipper", "YKK"),
        ("shipping", 49),
        ("delivery", {"method": "home"}),
        ("products", [{"name": "Running shoe"}]),
        ("product_name", "Running shoe"),
        ("produktnavn", "Løbesko"),
        ("upgrade", "brigade"),
        ("ordrenummer", "0101901234"),
        ("created_at", "1712345678"),
        ("clock", 1712345678),
        ("ean", "4111111111111111"),
        ("parcel", "370700000000000002"),
        ("size", "55.0101901234"),
        ("when", "2026-11-21 18:29:48"),
        ("id", "0101991234567"),
        ("id", "3102901234"),
        ("id", "8803200017"),
        ("ratio", float("inf")),
        ("ratio", float("nan")),
    ],
)
def test_an_ordinary_property_is_open(name, value):
    assert not is_personal(name, value)


@pytest.mark.parametrize(
    "text",
    [
        *("+1" * 100_000, "%40" * 80_000, "@" * 200_000, "a" * 200_000 + "@", "1-" * 100_000, "1 " * 100_000),
        *("3102901234 " * 20_000, "4111 1111 1111 " * 15_000, "\ufdfa" * 80_000),
    ],
)
def test_telling_takes_no_longer_for_a_hostile_text(text):
    import time

    began = time.process_time()
    split_personal({"text": text})

    assert time.process_time() - began < 1


PLANTED = [
    "planted.one@example.dk",
    "+4520998877",
    "Plantine",
    "Plantesen",
    "Plantevej 99",
    "planted-user",
    "planted-device",
    "planted-session",
    "192.0.2.77",
    "planted.in.url@example.dk",
    "planted.trait@example.dk",
    "planted.bad@example.dk",
    "planted-message",
    "planted-alias",
    "planted.key@example.dk",
    "planted.trait.key@example.dk",
    "planted.bad.key@example.dk",
    "planted.gender@example.dk",
    "planted.interest@example.dk",
    "4520887766",
    "Plantlandia",
]


def test_no_planted_value_is_stored_open_anywhere():
    take(
        identify(
            userId="planted-user",
            anonymousId="planted-device",
            messageId="planted-message",
            traits={
                "email": PLANTED[0],
                "phone": PLANTED[1],
                "firstName": PLANTED[2],
                "lastName": PLANTED[3],
                "address": {"street": PLANTED[4], "floor": "Plantine 3"},
                "partner_email": PLANTED[10],
                "birthday": "Plantine",
            },
            context={"ip": "192.0.2.77", "userAgent": "planted-session"},
        ),
        track(userId="planted-user", properties={"url": f"https://x/?e={PLANTED[9]}", "recipient": "Plantine"}),
        track(userId="planted-user", event="", properties={"email": PLANTED[11]}),
        track(userId="planted-user", event=f"For {PLANTED[0]}"),
        track(userId="planted-user", type="alias", previousId="planted-alias"),
        track(userId="planted-user", properties={PLANTED[14]: 1}),
        track(userId="planted-user", event="", properties={PLANTED[16]: 1}),
        identify(
            userId="planted-user",
            traits={
                PLANTED[15]: 1,
                "gender": PLANTED[17],
                "interests": ["garn", PLANTED[18]],
                "postalCode": f"+{PLANTED[19]}",
                "country": PLANTED[20],
            },
        ),
    )

    everything = text_of_database()
    assert reasons() == {"no_event_name": 2, "bad_event_name": 1}
    assert [one for one in PLANTED if one in everything] == []


def test_the_scan_would_find_what_is_open():
    take(track("Planted Name"))

    assert "Planted Name" in text_of_database()
