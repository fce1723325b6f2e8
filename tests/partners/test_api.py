"""Partners over the API: the same verbs and the same sentences as everywhere."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from cdp.access import service_keys
from partners.agreements import lifecycle
from partners.models import Delivery
from partners.transfers import deliveries
from tests.builders import user
from tests.partners.building import agreement, answer, drafted, members, partner, proposed, purpose

pytestmark = pytest.mark.django_db


def client(*scopes) -> APIClient:
    """A service that holds a key with these scopes."""
    _row, key = service_keys.issue(name=f"service {'-'.join(scopes)}", scopes=scopes)
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return made


def asked(version, **other) -> dict:
    return {"agreement": version.agreement.number, "purpose": purpose().key, "fields": ["opaque_id", "city"]} | other


def test_partners_are_listed_without_contacts():
    partner("nordic-air", dpo_contact="planted@nordic-air.example")

    answer = client("partners:read").get("/api/v1/partners")

    assert [row["key"] for row in answer.json()["data"]] == ["nordic-air"]
    assert "planted" not in answer.content.decode()


def test_an_agreement_tells_what_it_is_worth_and_what_it_permits():
    version = agreement(number="DSA-1")

    found = client("partners:read").get("/api/v1/agreements/DSA-1").json()

    assert found["status"]["code"] == "in_force" and found["status"]["allows_exchange"] is True
    assert {(line["field"], line["form"]) for line in found["versions"][0]["terms"]} == {
        ("opaque_id", "opaque_id"),
        ("city", "clear"),
    }
    assert [(row["capacity"], row["valid"]) for row in found["versions"][0]["approvals"]] == [
        ("business", True),
        ("compliance", True),
    ]
    assert (found["missing"], found["versions"][0]["terms_sha256"]) == ([], version.terms_sha256)


def test_a_proposed_agreement_tells_what_is_missing():
    version = proposed(number="DSA-2")
    lifecycle.approve(version, by=user(superuser=True), capacity="business")

    found = client("partners:read").get("/api/v1/agreements/DSA-2").json()

    assert [gap["code"] for gap in found["missing"]] == ["approvals", "compliance_approval"]
    assert found["status"]["allows_exchange"] is False


def test_a_list_of_agreements_costs_the_same_for_one_and_three():
    reader, counts = client("partners:read"), []
    for numbers in (["A"], ["B", "C"]):
        for number in numbers:
            agreement(number=number)
        reader.get("/api/v1/agreements")
        with CaptureQueriesContext(connection) as asked:
            reader.get("/api/v1/agreements")
        counts.append(len(asked))

    assert counts[0] == counts[1]


def test_an_agreement_costs_the_same_with_two_versions_and_with_four():
    version, reader, counts = agreement(number="DSA-1"), client("partners:read"), []
    for more in (1, 2):
        for _ in range(more):
            lifecycle.new_version(version.agreement, by=version.author)
        reader.get("/api/v1/agreements/DSA-1")
        with CaptureQueriesContext(connection) as asked:
            found = reader.get("/api/v1/agreements/DSA-1").json()
        counts.append((len(found["versions"]), len(asked)))

    assert [number for number, _count in counts] == [2, 4]
    assert counts[0][1] == counts[1][1]


def test_a_key_asks_for_a_delivery_that_a_person_approves():
    version = agreement()
    people = members(3)
    answer(people[:1], "ConsentWithdrawn")

    made = client("partners:share").post("/api/v1/deliveries", asked(version), format="json")

    assert made.status_code == 201, made.json()
    assert (made.json()["state"], made.json()["planned"]) == ("planned", 3)
    assert made.json()["left_out"] == {"consent_withdrawn": 1}
    delivery = Delivery.objects.get()
    assert (delivery.requested_by, delivery.requested_key) == (None, "service partners:share")
    assert deliveries.approve(delivery, by=user()).state == "approved"


def test_a_user_asks_for_a_delivery_in_their_own_name():
    version, root, caller = agreement(), user(superuser=True), APIClient()
    members(1)
    caller.force_login(root)

    made = caller.post("/api/v1/deliveries", asked(version), format="json")

    assert made.status_code == 201, made.json()
    delivery = Delivery.objects.get()
    assert (delivery.requested_by, delivery.requested_key) == (root, "")


def test_judging_counts_and_stores_nothing():
    version = agreement()
    members(2)

    found = client("partners:share").post("/api/v1/deliveries/judge", asked(version), format="json").json()

    assert found == {"allowed": True, "denials": [], "planned": 2, "may_be_shared": 2, "left_out": {}}
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("build", "other", "code"),
    [
        (drafted, {}, "no_agreement"),
        (agreement, {"fields": ["birth_date"]}, "field_not_agreed"),
        (agreement, {"purpose": "lookalike"}, "purpose_not_agreed"),
    ],
)
def test_what_is_forbidden_is_refused_by_its_reason_past_any_screen(build, other, code):
    version = build()
    purpose("lookalike")
    members(1)

    refused = client("partners:share").post("/api/v1/deliveries", asked(version, **other), format="json")

    assert (refused.status_code, refused.json()["code"]) == (409, code)
    assert not Delivery.objects.exists()


@pytest.mark.parametrize(
    ("scope", "method", "path"),
    [
        ("profiles:read", "get", "/api/v1/partners"),
        ("profiles:read", "get", "/api/v1/agreements"),
        ("partners:read", "post", "/api/v1/deliveries"),
        ("partners:read", "post", "/api/v1/deliveries/judge"),
    ],
)
def test_a_key_without_the_scope_learns_nothing(scope, method, path):
    agreement(number="planted-number")

    refused = getattr(client(scope), method)(path, {}, format="json")

    assert refused.status_code == 403
    assert "planted" not in refused.content.decode()


@pytest.mark.parametrize("path", ["/api/v1/agreements?partnr=x", "/api/v1/partners?q=x", "/api/v1/deliveries?x=1"])
def test_an_unknown_filter_is_an_error(path):
    agreement()

    refused = client("partners:read").get(path)

    assert refused.status_code == 400 and "data" not in refused.json()


def test_filters_narrow_the_lists():
    agreement(number="A")
    agreement(number="B", to=partner("sports-club"))
    reader = client("partners:read")

    assert [row["number"] for row in reader.get("/api/v1/agreements?partner=sports-club").json()["data"]] == ["B"]
    assert reader.get("/api/v1/deliveries?state=planned").json()["data"] == []


def test_an_unknown_delivery_is_not_found():
    assert client("partners:read").get("/api/v1/deliveries/01a1ffbb-d91a-79f5-8430-90b571f83b95").status_code == 404
