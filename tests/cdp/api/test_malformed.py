"""What no request should hold: the API names the place in a problem document, and never breaks."""

from base64 import b64encode

import pytest

from cdp.base.api.scopes import SCOPES
from profiles.models import Record, SourceIdentity
from tests.api import Service
from tests.builders import source
from tests.profiles.building import person

pytestmark = pytest.mark.django_db
LISTS = ["profiles", "events", "imports", "consents", "purposes", "notices", "partners", "agreements", "deliveries",
         "segments", "memberships", "activations", "audit"]  # fmt: skip
BODIES = [
    ("put", "profiles/by-external-id/shop/1"),
    ("post", "consents"),
    ("post", "segments"),
    ("post", "segments/preview"),
    ("patch", "segments/none"),
    ("post", "deliveries"),
    ("post", "deliveries/judge"),
    ("post", "activations"),
]
DEEP = "[" * 100_000
DEEP_BUT_READ = "[" * 100 + "]" * 100
ODD_BODIES = [DEEP, DEEP_BUT_READ, "{", "", "null", "5", '"text"', "[[]]", "[null]", "NaN", b"\xff",
              '{"traits": {"loyalty_points": 1e999, "city": -1e999}, "definition": 1e999}',
              '{"traits": {"city": {"a": 1}}}',
              '{"\\u0000": 1}', '{"key": {"a": ["\\ud800"]}}', "9" * 5000]  # fmt: skip


@pytest.fixture
def service():
    source("shop")
    return Service(*SCOPES)


def problem(answer) -> tuple:
    assert answer.headers["Content-Type"] == "application/problem+json", (answer.status_code, answer.content[:300])
    return answer.status_code, answer.json()["code"], [error["pointer"] for error in answer.json()["errors"]]


def cursor(text: str) -> str:
    return b64encode(text.encode()).decode()


def needed(path: str) -> dict:
    return {"name": "Order"} if path == "events" else {}


@pytest.mark.parametrize("path", LISTS)
@pytest.mark.parametrize(
    "text",
    ["../../x", "æ", "", cursor("o=x"), cursor("p=x"), cursor("p=%00"), cursor("r=x"), cursor("p=9999-99-99")],
    ids=["path", "letter", "empty", "offset", "position", "nul", "reverse", "date"],
)
def test_a_cursor_that_was_changed_is_refused(service, path, text):
    answer = service.get(path, cursor=text, **needed(path))

    if text:
        assert problem(answer) == (400, "invalid_cursor", ["/cursor"])
    else:
        assert answer.status_code == 200


def test_the_end_of_a_good_cursor_changed_is_refused(service):
    for _number in range(2):
        person()
    good = service.get("profiles", limit=1).json()["next_cursor"]

    assert service.get("profiles", limit=1, cursor=good).status_code == 200
    assert problem(service.get("profiles", limit=1, cursor=good[:-4] + "YAAA")) == (400, "invalid_cursor", ["/cursor"])


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize("body", ODD_BODIES, ids=lambda body: repr(body[:30]))
def test_an_odd_body_is_a_problem_and_no_break(service, method, path, body):
    send = getattr(service.client, method)
    answer = send(f"/api/v1/{path}", body, "application/json", headers=service.headers)

    assert answer.status_code < 300 or 400 <= problem(answer)[0] < 500


def test_bad_characters_are_refused_with_every_place(service):
    said = {
        "traits": {"city": "a\0b", "first_name": "\ud800", "last_name": "Holm"},
        "identifiers": [{"namespace": "email", "value": "a\0@b.dk"}],
    }

    answer = service.put("profiles/by-external-id/shop/1", said)

    pointers = ["/traits/city", "/traits/first_name", "/identifiers/0/value"]
    assert problem(answer) == (400, "bad_character", pointers)
    assert not Record.objects.exists()


def test_a_name_with_a_bad_character_points_to_its_object_and_is_not_repeated(service):
    answer = service.put("profiles/by-external-id/shop/1", {"traits": {"secret\0": "x"}})

    assert problem(answer) == (400, "bad_character", ["/traits"])
    assert b"secret" not in answer.content


@pytest.mark.parametrize("body", [DEEP, DEEP_BUT_READ], ids=["unread", "read"])
def test_json_that_is_nested_without_end_is_refused(service, body):
    answer = service.client.post("/api/v1/segments/preview", body, "application/json", headers=service.headers)

    assert problem(answer) == (400, "too_deep", [])


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("profiles/a%00b", "/pk"),
        ("purposes/a%00b", "/key"),
        ("agreements/a%00b", "/number"),
        ("segments/a%00b/members", "/key"),
        ("profiles?email=a%00b", "/email"),
        ("consents?purpose=a%00b", "/purpose"),
        ("consents/decision?profile=x&purpose=a%00b", "/purpose"),
        ("consents/history?profile=a%00b", "/profile"),
    ],
)
def test_bad_characters_in_an_address_are_refused(service, path, pointer):
    assert problem(service.get(path)) == (400, "bad_character", [pointer])


def test_an_external_id_with_a_nul_writes_nobody(service):
    answer = service.put("profiles/by-external-id/shop/a%00b", {"traits": {"city": "Aarhus"}})

    assert problem(answer) == (400, "bad_character", ["/external_id"])
    assert not SourceIdentity.objects.filter(source__code="shop").exists()


ODD_VALUES = ["9" * 30, "-1", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "x" * 5000, "prf_x", "%\\'"]


@pytest.mark.parametrize("path", LISTS)
def test_no_odd_value_of_a_filter_breaks_a_list(service, path):
    known = service.get(path, nothing="1", **needed(path)).json()["errors"][0]["detail"]
    names = sorted(set(known.partition("Known: ")[2].rstrip(".").split(", ")) - {"format"})

    answers = {
        (name, value): service.get(path, **(needed(path) | {name: value})).status_code
        for name in names
        for value in ODD_VALUES
    }

    assert {asked: status for asked, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize("limit", ["abc", "-1", "0", "1001", "100000", "1.5", "", "\u0663"])
def test_a_limit_that_is_no_number_of_rows_is_refused(service, limit):
    assert problem(service.get("profiles", limit=limit)) == (400, "invalid_limit", ["/limit"])


@pytest.mark.parametrize("limit", ["1", "1000"])
def test_a_limit_within_its_bounds_is_taken(service, limit):
    assert service.get("profiles", limit=limit).status_code == 200


@pytest.mark.parametrize(
    ("path", "pointer"),
    [
        ("profiles?email=a@b.dk&email=c@d.dk", "/email"),
        ("audit?limit=5&limit=6", "/limit"),
        ("consents/decision?purpose=a&purpose=b", "/purpose"),
    ],
)
def test_a_parameter_given_twice_is_refused(service, path, pointer):
    assert problem(service.get(path)) == (400, "repeated_parameter", [pointer])


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("events", "since"),
        ("events", "until"),
        ("memberships", "as_of"),
        ("audit", "recorded_at__gte"),
        ("audit", "recorded_at__lt"),
    ],
)
def test_a_moment_needs_its_offset(service, path, name):
    naive = service.get(path, **needed(path), **{name: "2026-11-21T10:00:00"})
    good = service.get(path, **needed(path), **{name: "2026-11-21T10:00:00+01:00"})

    assert (problem(naive)[0], problem(naive)[2]) == (400, [f"/{name}"])
    assert "with its offset" in naive.json()["errors"][0]["detail"]
    assert good.status_code == 200


def test_what_a_source_observed_needs_the_offset_of_its_moment(service):
    said = {"traits": {"city": "Aarhus"}, "observed_at": "2026-11-21T10:00:00"}

    assert problem(service.put("profiles/by-external-id/shop/1", said)) == (400, "naive", ["/observed_at"])


def test_the_type_of_a_problem_is_a_name_and_no_address_that_leads_nowhere(service):
    answers = [service.get("profiles", limit="x"), service.client.post("/v1/batch")]

    assert [answer.json()["type"] for answer in answers] == [
        f"urn:kendt:problem:{answer.json()['code']}" for answer in answers
    ]
