"""Segments over the API: the same verbs and the same sentences as everywhere."""

import csv
import io

import pytest
from rest_framework.test import APIClient

from cdp.access import service_keys
from profiles.models import AccessEntry
from segments.activation import activations
from segments.language.parsing import LIMITS
from segments.membership import compute
from segments.models import Destination, Segment
from tests.consents import building as consents
from tests.segments.building import DANES, computed, document, person, segment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


def client(*scopes) -> APIClient:
    """A service that holds a key with these scopes."""
    _row, key = service_keys.issue(name=f"service {'-'.join(scopes)}", scopes=scopes)
    made = APIClient()
    made.credentials(HTTP_AUTHORIZATION=f"Bearer {key}")
    return made


def new(rule, **other) -> dict:
    return {"key": "danes", "title": "Danes", "definition": document(rule), "reason": "first"} | other


def test_a_segment_is_made_computed_and_read():
    anna = person(country="DK")
    writer, reader = client("segments:write", "segments:read"), client("segments:read")

    made = writer.post("/api/v1/segments", new(DANES), format="json")
    run = writer.post("/api/v1/segments/danes/refresh").json()
    read = reader.get("/api/v1/segments/danes").json()

    assert (made.status_code, made.json()["version"], made.json()["members"]) == (201, 1, None)
    assert (run["state"], run["members"], run["entered"], run["left_out_by_flag"]) == ("done", 1, 1, 0)
    assert (read["members"], read["definition"]) == (1, document(DANES))
    assert read["sentence"] == "People whose country is “DK”."
    assert [row["profile"] for row in reader.get("/api/v1/segments/danes/members").json()["data"]] == [f"prf_{anna}"]


def test_what_is_wrong_with_a_definition_is_told_at_its_place_and_nothing_is_made():
    answer = client("segments:write").post(
        "/api/v1/segments", new({"op": "all", "of": [DANES, {"attr": "street", "is": "is_set"}]}), format="json"
    )

    assert (answer.status_code, answer["Content-Type"]) == (422, "application/problem+json")
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [
        ("/rule/of/1/attr", "sealed_attribute")
    ]
    assert not Segment.objects.exists()


def test_a_key_names_one_segment():
    segment(DANES, key="danes")

    answer = client("segments:write").post("/api/v1/segments", new(DANES), format="json")

    assert (answer.status_code, answer.json()["code"]) == (409, "key_taken")


def test_a_segment_whose_definition_is_refused_is_not_made():
    segment(DANES, key="s0")
    for number in range(1, LIMITS["references"] + 1):
        segment({"segment": f"s{number - 1}", "in": True}, key=f"s{number}")
    writer, too_deep = client("segments:write"), {"segment": f"s{LIMITS['references']}", "in": True}

    refused = writer.post("/api/v1/segments", new(too_deep), format="json")
    made = writer.post("/api/v1/segments", new(DANES), format="json")

    assert (refused.status_code, refused.json()["code"]) == (422, "reference_too_deep")
    assert made.status_code == 201


@pytest.mark.parametrize("minutes", [0, 2**31])
def test_a_pace_that_no_clock_has_is_refused(minutes):
    answer = client("segments:write").post("/api/v1/segments", new(DANES, refresh_minutes=minutes), format="json")

    assert (answer.status_code, Segment.objects.count()) == (400, 0)


def test_a_new_definition_needs_a_reason():
    segment(DANES, key="danes")
    writer = client("segments:write")

    without = writer.patch("/api/v1/segments/danes", {"definition": document(DANES)}, format="json")
    changed = writer.patch(
        "/api/v1/segments/danes",
        {"definition": document({"attr": "country", "is": "is", "value": "SE"}), "reason": "Swedes"},
        format="json",
    )

    assert without.status_code == 400
    assert (changed.status_code, changed.json()["version"]) == (200, 2)


def test_a_definition_is_previewed_without_being_made():
    person(country="DK")

    told = client("segments:read").post("/api/v1/segments/preview", {"definition": document(DANES)}, format="json")

    assert told.json() == {"sentence": "People whose country is “DK”.", "people": 1, "exact": True}
    assert not Segment.objects.exists()


def test_the_schema_of_definitions_is_published():
    assert client("segments:read").get("/api/v1/segments/schema").json()["properties"]["v"] == {"const": 1}


def test_why_tells_the_tree_for_a_person():
    anna = person(country="SE")
    computed(DANES, key="danes")
    reader = client("segments:read")

    told = reader.get(f"/api/v1/segments/danes/why/prf_{anna}").json()

    assert (told["member"], told["because"][0]["holds"], told["because"][0]["value"]) == (False, False, "SE")
    assert reader.get("/api/v1/segments/danes/why/prf_00000000-0000-7000-8000-000000000000").status_code == 404
    assert reader.get("/api/v1/segments/danes/why/nobody").status_code == 404


def test_memberships_tell_intervals_as_of_a_moment():
    anna, bo = person(country="DK"), person(country="DK")
    danes = computed(DANES, key="danes")
    before = danes.computed_at
    late = person(country="DK")
    compute.refresh(danes)
    reader = client("segments:read")

    def people(query):
        return {row["profile"] for row in reader.get(f"/api/v1/memberships?{query}").json()["data"]}

    at_first = before.isoformat().replace("+00:00", "Z")
    assert people("segment=danes") == {f"prf_{one}" for one in (anna, bo, late)}
    assert people(f"segment=danes&as_of={at_first}") == {f"prf_{one}" for one in (anna, bo)}
    assert people(f"profile=prf_{late}") == {f"prf_{late}"}
    assert reader.get("/api/v1/memberships?segmnt=danes").status_code == 400


def test_an_activation_is_asked_for_fetched_and_logged():
    newsletter = consents.purpose("newsletter")
    Destination.objects.create(key="mail", title="Mail", purpose=newsletter, channel="email", fields=["email"])
    anna, _bo = (person(country="DK", email=f"planted{number}@example.dk") for number in range(2))
    consents.say(anna, newsletter, channel="email")
    computed(DANES, key="danes")
    exporter = client("segments:export", "segments:read")

    done = exporter.post("/api/v1/activations", {"segment": "danes", "destination": "mail"}, format="json").json()
    file = exporter.get(f"/api/v1/activations/{done['id']}/files/people.csv")

    assert (done["state"], done["members"], done["sent"], done["left_out"]) == ("done", 2, 1, {"consent_missing": 1})
    assert "planted" not in str(done)
    assert list(csv.DictReader(io.StringIO(file.content.decode()))) == [
        {"profile": f"prf_{anna}", "email": "planted0@example.dk"}
    ]
    assert AccessEntry.objects.latest("id").action == "activation_download"
    assert exporter.get(f"/api/v1/activations/{done['id']}/files/none.csv").status_code == 410


def test_a_file_with_somebody_who_withdrew_since_is_answered_with_a_conflict():
    newsletter = consents.purpose("newsletter")
    Destination.objects.create(key="mail", title="Mail", purpose=newsletter, channel="email", fields=["email"])
    anna = person(country="DK", email="planted@example.dk")
    consents.say(anna, newsletter, channel="email", days_ago=1)
    computed(DANES, key="danes")
    exporter = client("segments:export")
    done = exporter.post("/api/v1/activations", {"segment": "danes", "destination": "mail"}, format="json").json()
    consents.say(anna, newsletter, "ConsentWithdrawn", channel="email")

    refused = exporter.get(f"/api/v1/activations/{done['id']}/files/people.csv")

    assert (refused.status_code, refused.json()["code"]) == (409, "file_outdated")
    assert "Ask for a new run" in refused.json()["detail"]
    assert b"planted" not in refused.content


def test_a_large_activation_waits_for_a_second_person(monkeypatch):
    monkeypatch.setattr(activations, "MOST_ALONE", 1)
    newsletter = consents.purpose("newsletter")
    Destination.objects.create(key="mail", title="Mail", purpose=newsletter, channel="email", fields=["email"])
    for _ in range(2):
        person(country="DK")
    computed(DANES, key="danes")

    asked = (
        client("segments:export")
        .post("/api/v1/activations", {"segment": "danes", "destination": "mail"}, format="json")
        .json()
    )

    assert (asked["state"], asked["sent"]) == ("waiting", 0)


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("get", "/api/v1/segments", "segments:read"),
        ("post", "/api/v1/segments", "segments:write"),
        ("post", "/api/v1/segments/danes/refresh", "segments:write"),
        ("get", "/api/v1/segments/danes/members", "segments:read"),
        ("get", "/api/v1/memberships", "segments:read"),
        ("post", "/api/v1/activations", "segments:export"),
        ("get", "/api/v1/activations", "segments:read"),
    ],
)
def test_each_act_needs_its_scope(method, path, scope):
    segment(DANES, key="danes")
    others = {"segments:read", "segments:write", "segments:export", "profiles:read"} - {scope}

    assert getattr(client(*others), method)(path).status_code == 403
    assert getattr(client(scope), method)(path).status_code in {200, 400}
