"""Who a call is of, and what it says of them."""

import json

import pytest

from profiles import vault
from profiles.models import Event, GoldenValue, Identifier, Profile, Record, SourceIdentity
from tests import builders
from tests.profiles.ingestion.sending import drain, identify, personal, reasons, send, take, track, write_key

pytestmark = pytest.mark.django_db


def golden() -> dict[str, object]:
    """The open golden values of the only profile."""
    return {
        value.attribute.code: value.text or value.number or value.date or value.items
        for value in GoldenValue.objects.select_related("attribute")
        if not value.attribute.sealed
    }


def identifiers() -> set[tuple[str, str]]:
    """(namespace, value) of everybody."""
    found = Identifier.objects.select_related("namespace")
    ring = vault.Keyring.for_reading({one.identity_id for one in found})
    return {(one.namespace.code, ring.open(one.identity_id, "profiles_identifier.sealed", one.sealed)) for one in found}


def opened(attribute: str) -> list[str]:
    records = Record.objects.filter(traits__has_key=attribute)
    ring = vault.Keyring.for_reading({one.identity_id for one in records})
    documents = [ring.open(one.identity_id, vault.DOCUMENT, one.sealed) for one in records]
    return [json.loads(document)[attribute] for document in documents]


TRAITS = {
    "email": "Søren@Example.com",
    "phone": "+45 20 12 34 56",
    "firstName": "Søren",
    "lastName": "Ærø",
    "name": "Søren Ærø",
    "birthday": "1980-02-29",
    "createdAt": "2024-02-29T23:59:59",
    "address": {"street": "Åvej 1", "city": "Århus", "postalCode": "8000", "country": "DK"},
    "company": {"name": "Ærø ApS", "employee_count": 4},
    "loyalty_no": "L-77",
    "loyaltyPoints": 12,
    "interests": ["sejlads", "garn"],
}


@pytest.mark.parametrize("place", ["traits", "context", "both"])
def test_an_identify_says_what_the_catalogue_knows_wherever_its_traits_stand(place):
    """Segment sends `traits`, RudderStack's Python client only `context.traits`, its Node client both."""
    stale = {"traits": {**TRAITS, "address": {"city": "Ribe"}}}
    told = {
        "traits": {"traits": TRAITS},
        "context": {"context": {"traits": TRAITS}},
        "both": {"traits": TRAITS, "context": stale},
    }[place]

    take(identify(**told))

    assert identifiers() == {
        ("customer_no", "K-1"),
        ("email", "søren@example.com"),
        ("phone", "+4520123456"),
        ("loyalty_no", "L-77"),
    }
    assert golden() | {"birth_date": str(golden()["birth_date"]), "customer_since": ""} == {
        "birth_date": "1980-02-29",
        "customer_since": "",
        "city": "Århus",
        "postal_code": "8000",
        "country": "DK",
        "company": "Ærø ApS",
        "loyalty_points": 12,
        "interests": ["garn", "sejlads"],
    }
    assert Event.objects.get().properties == {"company": {"employee_count": 4}}
    assert (opened("first_name"), opened("full_name"), opened("street")) == (["Søren"], ["Søren Ærø"], ["Åvej 1"])


def test_traits_that_no_attribute_knows_stay_with_the_event():
    take(identify(traits={"favoriteColor": "blue", "spouse_email": "bo@example.dk"}))

    assert Event.objects.get().properties == {"favoriteColor": "blue"}
    assert personal("identify") == {"spouse_email": "bo@example.dk"}


def test_a_trait_that_is_none_of_its_kind_is_sealed_with_the_event_and_flagged():
    take(identify(traits={"birthday": "unknown", "email": "no address", "loyaltyPoints": "many", "city": "Ribe"}))

    assert golden() == {"city": "Ribe"}
    assert personal("identify") == {"birth_date": "unknown", "email": "no address", "loyalty_points": "many"}
    assert Event.objects.get().flags == ["value_refused"]


def test_an_address_that_is_no_single_value_is_sealed_with_the_event_and_flagged_once():
    told = {"email": ["anna@example.dk"], "phone": True, "loyaltyPoints": "many"}

    take(identify(traits=told))

    assert identifiers() == {("customer_no", "K-1")}
    assert personal("identify") == {"email": ["anna@example.dk"], "phone": True, "loyalty_points": "many"}
    assert Event.objects.get().flags == ["value_refused"]


def test_a_number_is_read_by_the_country_of_the_person():
    take(identify(traits={"phone": "070-123 45 67", "country": "SE"}))

    assert identifiers() == {("customer_no", "K-1"), ("phone", "+46701234567")}
    assert Event.objects.get().flags is None


def test_a_trait_that_tells_who_somebody_is_does_not_stand_in_an_open_attribute():
    told = {"gender": "anna@example.dk", "interests": ["garn", "+45 20 12 34 56"], "postalCode": "0101901234"}

    take(identify(traits={**told, "company": "Ærø ApS", "country": "Atlantis"}))

    assert golden() == {"company": "Ærø ApS"}
    assert personal("identify") == {
        "gender": "anna@example.dk",
        "interests": ["garn", "+45 20 12 34 56"],
        "postal_code": "0101901234",
        "country": "Atlantis",
    }
    assert Event.objects.get().flags == ["value_refused"]


def test_copies_of_traits_on_other_calls_change_nobody():
    take(
        identify(traits={"city": "Ribe"}),
        track(context={"traits": {"city": "Odense", "email": "anna@example.dk"}}),
        track(type="group", groupId="G", context={"traits": {"city": "Odense"}}, traits={"city": "Vejle"}),
    )

    assert (golden(), identifiers()) == ({"city": "Ribe"}, {("customer_no", "K-1")})


def test_numbers_are_ids_and_placeholders_are_none():
    take(
        track("Number", userId=1234),
        track("Null", userId="null", anonymousId="undefined"),
        track("Bool", userId=True),
        track("Object", userId={"id": 1}),
        track("Anonymous", userId="anonymous", anonymousId="a-1"),
    )

    assert (set(Event.objects.values_list("name__name", flat=True)), reasons()) == (
        {"Number", "Anonymous"},
        {"no_identity": 3},
    )
    assert identifiers() == {("customer_no", "1234"), ("device", "a-1")}


def test_an_anonymous_visitor_joins_the_customer_at_the_first_login():
    key = write_key(builders.source(namespace="user_id"))
    take(track("Before", userId=None, anonymousId="a-1"), key=key)
    assert Profile.objects.count() == 1

    take(identify(userId="anna", anonymousId="a-1"), track("After", userId="anna"), key=key)

    (profile,) = Profile.objects.all()
    assert set(profile.events.values_list("name__name", flat=True)) == {"Before", "identify", "After"}
    assert SourceIdentity.objects.count() == 2


def test_an_alias_ties_the_earlier_id_to_the_customer():
    key = write_key(builders.source(namespace="user_id"))
    take(track("Before", userId=None, anonymousId="a-1"), key=key)

    take(track(type="alias", userId="anna", previousId="a-1"), key=key)

    assert set(Profile.objects.get().events.values_list("name__name", flat=True)) == {"Before", "alias"}
    assert personal("alias") == {"previous_user_id": "a-1"}


def test_a_later_identify_renews_only_what_it_says():
    key = write_key()
    take(identify(traits={"city": "Ribe", "company": "A"}, timestamp="2026-01-01T00:00:00Z"), key=key)
    take(identify(traits={"city": "Odense"}, timestamp="2026-02-01T00:00:00Z"), key=key)

    assert golden() == {"city": "Odense", "company": "A"}


def test_a_late_copy_of_an_earlier_identify_changes_nothing():
    key, first = write_key(), identify(traits={"city": "Ribe"}, timestamp="2026-01-01T00:00:00Z")
    take(first, key=key)
    take(identify(traits={"city": "Odense"}, timestamp="2026-02-01T00:00:00Z"), key=key)
    records = Record.objects.count()

    take(first, key=key)

    assert (golden(), Record.objects.count()) == ({"city": "Odense"}, records)


def test_the_profile_was_last_seen_with_its_latest_event():
    key = write_key()
    take(track(timestamp="2026-03-01T00:00:00Z"), track(timestamp="2026-01-01T00:00:00Z"), key=key)
    take(track(timestamp="2026-02-01T00:00:00Z"), key=key)

    profile = Profile.objects.get()
    assert (str(profile.first_seen_at)[:10], str(profile.last_seen_at)[:10]) == ("2026-01-01", "2026-03-01")


def test_calls_that_say_nothing_new_write_no_record():
    key = write_key()
    take(track(anonymousId="a-1"), key=key)
    take(*[track(anonymousId="a-1") for _ in range(3)], track(), key=key)

    assert (Record.objects.count(), Event.objects.count()) == (1, 5)


def test_one_person_or_many_take_the_same_number_of_queries(django_assert_max_num_queries):
    key = write_key()
    for number in (1, 30):
        calls = [identify(userId=f"K-{number}-{one}", traits={"city": "Ribe"}) for one in range(number)]
        send(*calls, key=key)
        with django_assert_max_num_queries(82):
            drain()
