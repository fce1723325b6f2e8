"""People over the API: masked unless the key may read them for a purpose, found by exact values, strict to typos."""

import pytest

from cdp.base.database.ids import uuid7
from profiles.ingestion.events import store
from profiles.models import AccessEntry, Profile, Record
from tests.api import Service, walk
from tests.builders import now, source, user
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db


def anna():
    return person(email="anna@example.dk", phone="+4520123456", first_name="Anna", country="DK")


def test_a_profile_is_masked_by_default():
    profile = anna()

    answer = Service("profiles:read").get(f"profiles/prf_{profile.pk}").json()

    assert answer["id"] == f"prf_{profile.pk}"
    assert answer["fields"]["email"] == "a•••@example.dk"
    assert answer["fields"]["first_name"] == "A•••"
    assert answer["fields"]["country"] == "DK"
    assert not AccessEntry.objects.exists()


def test_personal_values_need_scope_and_purpose():
    profile = anna()
    path = f"profiles/prf_{profile.pk}"

    without_scope = Service("profiles:read").get(path, reveal="true")
    without_purpose = Service("profiles:read", "pii:read").get(path, reveal="true")

    assert (without_scope.status_code, without_purpose.status_code) == (403, 400)
    assert without_purpose.json()["code"] == "purpose_required"
    assert b"anna@example.dk" not in without_scope.content + without_purpose.content


def test_personal_values_are_opened_for_a_purpose_and_logged():
    profile = anna()
    service = Service("profiles:read", "pii:read")

    answer = service.get(f"profiles/prf_{profile.pk}", {"X-Purpose": "order confirmation"}, reveal="true").json()

    assert (answer["fields"]["email"], answer["fields"]["first_name"]) == ("anna@example.dk", "Anna")
    entry = AccessEntry.objects.get()
    assert (entry.actor, entry.action, entry.purpose) == (service.key.pk, "api", "order confirmation")
    assert {"email", "first_name"} <= set(entry.fields)


@pytest.mark.parametrize(
    "question", [{"email": " ANNA@example.dk "}, {"phone": "+45 20 12 34 56"}, {"country": "dk"}], ids=str
)
def test_a_person_is_found_by_exact_values_in_any_spelling(question):
    profile = anna()
    person(external_id="bo", email="bo@example.se", country="SE")

    found = Service("profiles:read").get("profiles", **question).json()

    assert [row["id"] for row in found["data"]] == [f"prf_{profile.pk}"]


def test_a_typo_in_a_parameter_returns_no_rows_but_an_error():
    anna()

    answer = Service("profiles:read").get("profiles", emial="anna@example.dk")

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["errors"][0]["pointer"] == "/emial"
    assert "email" in answer.json()["errors"][0]["detail"]


def test_pages_hold_every_person_once():
    for number in range(7):
        person(external_id=f"K{number}", email=f"p{number}@example.dk")

    rows = walk(Service("profiles:read"), "profiles", limit=3)

    assert sorted(row["id"] for row in rows) == sorted(
        f"prf_{key}" for key in Profile.objects.values_list("pk", flat=True)
    )


def test_an_id_that_was_merged_away_answers_with_the_survivor():
    first = person(source=source("crm"), external_id="K1", email="anna@example.dk")
    second = person(source=source("webshop", namespace="user_id"), external_id="u1", email="anna@example.dk")
    gone = max(second.identities.values_list("pk", flat=True))

    answer = Service("profiles:read").get(f"profiles/prf_{gone}").json()

    assert (answer["id"], answer["merged_from"]) == (f"prf_{first.pk}", f"prf_{gone}")


def test_why_a_value_stands_is_told():
    profile = anna()

    answer = Service("profiles:read").get(f"profiles/prf_{profile.pk}/provenance")

    assert answer.status_code == 200
    rules = {code: why["rule"] for code, why in answer.json().items()}
    assert (rules["country"], rules["first_name"]) == ("only", "only")
    assert b"Anna" not in answer.content


@pytest.mark.parametrize("path", ["profiles/prf_none", "profiles/prf_01890000-0000-7000-8000-000000000000"])
def test_an_unknown_person_is_not_found(path):
    assert Service("profiles:read").get(path).status_code == 404


@pytest.fixture
def orders():
    """One order each of Anna, of a test person, and of somebody unknown."""
    shop = source()

    def order(name, owner=None):
        identity, record = (owner.identity, owner.record) if owner else (None, None)
        return store.EventRow(
            key=store.message_key(shop.pk, name), source=shop.pk, type="track", name="Order Completed", order_id=name,
            occurred_at=now(), received_at=now(), identity=identity, record=record,
        )  # fmt: skip

    anna, test = say(email="anna@example.dk"), say(email="planted@example.dk", is_test=True)
    store.store([order("annas", anna), order("tests", test), order("nobodys")])
    return {"anna": anna.identity, "test": test.identity, "stranger": uuid7()}


@pytest.mark.parametrize(
    ("whose", "expected"), [("anna", ["annas"]), ("stranger", []), ("test", [])], ids=["known", "unknown", "test"]
)
def test_events_of_a_person_are_theirs_alone(orders, whose, expected):
    found = Service("profiles:read").get("events", profile=f"prf_{orders[whose]}").json()

    assert [row["order_id"] for row in found["data"]] == expected


def test_events_by_name_leave_test_people_out(orders):
    found = Service("profiles:read").get("events", name="Order Completed").json()

    assert {row["order_id"] for row in found["data"]} == {"annas", "nobodys"}


def test_an_event_tells_its_type_and_its_name(orders):
    [event] = Service("profiles:read").get("events", profile=f"prf_{orders['anna']}").json()["data"]

    assert (event["type"], event["name"]) == ("track", "Order Completed")


def test_a_name_that_no_event_has_is_found_nowhere(orders):
    assert Service("profiles:read").get("events", name="Order Completed?").json()["data"] == []


@pytest.mark.parametrize("path", ["profiles", "events", "imports", "audit", "consents", "segments", "partners"])
def test_a_key_without_the_scope_is_refused(path):
    answer = Service("profiles:write").get(path)

    assert answer.status_code == 403
    assert answer.json()["code"] == "permission_denied"


def test_no_key_and_a_wrong_key_are_refused():
    service = Service("profiles:read")
    service.headers = {}
    nobody = service.get("profiles")
    service.headers = {"authorization": "Bearer cdpk_wrong"}

    assert (nobody.status_code, service.get("profiles").status_code) == (401, 401)


def test_a_key_works_only_from_its_networks():
    assert Service("profiles:read", networks=["10.0.0.0/8"]).get("profiles").status_code == 401
    assert Service("profiles:read", networks=["127.0.0.0/8"]).get("profiles").status_code == 200


def test_both_spellings_of_a_path_answer():
    service = Service("profiles:read")

    assert service.get("profiles").status_code == service.get("profiles/").status_code == 200


@pytest.mark.parametrize("count", [1, 3])
def test_a_list_takes_the_same_number_of_queries_for_any_length(count, django_assert_num_queries):
    for number in range(count):
        person(external_id=f"K{number}", email=f"p{number}@example.dk")
    service = Service("profiles:read")
    service.get("profiles")

    with django_assert_num_queries(5):
        assert len(service.get("profiles").json()["data"]) == count


def test_a_source_writes_a_person_by_its_own_id_and_again_changes_nothing():
    source("crm")
    said = {"identifiers": [{"namespace": "email", "value": "Bo@Example.dk"}], "traits": {"country": "DK"}}
    service = Service("profiles:write")

    first = service.put("profiles/by-external-id/crm/K77", said)
    again = service.put("profiles/by-external-id/crm/K77", said)

    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    assert first.json()["fields"] == {
        "country": "DK",
        "customer_no": "K•••",
        "email": "b•••@example.dk",
    }
    assert Profile.objects.count() == Record.objects.count() == 1


def test_a_superuser_in_a_session_writes_real_people(client):
    source("crm")
    client.force_login(user(superuser=True))

    answer = client.put("/api/v1/profiles/by-external-id/crm/K77", {"traits": {"country": "DK"}}, "application/json")

    assert answer.status_code == 200
    assert not Profile.objects.get().is_test


def test_a_value_that_cannot_be_read_is_named_and_nothing_is_written():
    source("crm")
    said = {"identifiers": [{"namespace": "email", "value": "no address"}], "traits": {"birth_date": "yesterday"}}

    answer = Service("profiles:write").put("profiles/by-external-id/crm/K77", said)

    assert answer.status_code == 400
    assert {error["pointer"] for error in answer.json()["errors"]} >= {"/birth_date"}
    assert b"no address" not in answer.content
    assert not Profile.objects.exists()


def test_a_partners_data_does_not_come_in_without_an_agreement():
    source("partner", party=2)

    answer = Service("profiles:write").put("profiles/by-external-id/partner/K77", {"traits": {"country": "DK"}})

    assert (answer.status_code, answer.json()["code"]) == (422, "terms_missing")
    assert not Profile.objects.exists()


def test_an_unknown_source_is_not_found():
    assert Service("profiles:write").put("profiles/by-external-id/nowhere/K77", {}).status_code == 404
