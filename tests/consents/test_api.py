"""Consents over the API: recorded once, refused with the place, answered with a reason."""

import pytest

from consents.models import Ledger
from consents.overrides import objections
from profiles.models import AccessEntry
from tests.api import Service
from tests.builders import days_ago, source, user
from tests.consents import building as consent
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db


@pytest.fixture
def news():
    return consent.purpose("newsletter")


def answer(somebody, about, state="ConsentGiven", **fields):
    """The body of one decision."""
    words = consent.words_for(about, days_ago(3))
    notice = dict(zip(("key", "language", "version"), words, strict=True))
    said = {
        "profile": f"prf_{somebody.pk}",
        "purpose": about.key,
        "channel": "email",
        "contact": {"namespace": "email", "value": "anna@example.dk"},
        "state": state,
        "effective_at": days_ago(2).isoformat(),
        "source": source().code,
        "source_event_id": "form-1",
        "notice": notice,
        "collection_point": consent.place_for(about),
        "method": "checkbox",
        "actor_kind": "subject",
        "evidence": "form 1",
    }
    return said | fields


def may_we(service, profile, **fields):
    return service.get(
        "consents/decision", profile=f"prf_{profile.pk}", purpose="newsletter", channel="email", **fields
    )


def test_a_decision_is_recorded_once_and_answers_from_then_on(news):
    anna = person(email="anna@example.dk")
    service = Service("consents:write", "consents:read")
    assert may_we(service, anna).json()["reason"] == "consent_missing"

    said = answer(anna, news)
    first, again = service.post("consents", said), service.post("consents", said)

    assert (first.status_code, again.status_code) == (201, 200)
    assert (first.json()["replayed"], again.json()["replayed"]) == (False, True)
    assert Ledger.objects.count() == 1
    now = may_we(service, anna).json()
    assert (now["allowed"], now["position"]) == (True, first.json()["position"])
    assert may_we(service, anna, as_of=days_ago(9).isoformat()).json()["allowed"] is False


def test_a_moment_is_answered_by_what_was_known_then_unless_asked_otherwise(news):
    anna = person(email="anna@example.dk")
    service = Service("consents:write", "consents:read")
    service.post("consents", answer(anna, news))
    moment, now = days_ago(1).isoformat(), days_ago(0).isoformat()

    def allowed(**asked):
        return may_we(service, anna, **asked).json()["allowed"]

    assert allowed(as_of=moment) is False
    assert allowed(as_of=moment, known_at=now) is True
    assert allowed(as_of=now, known_at=moment) is False
    assert (allowed(known_at=moment), allowed(known_at=now)) == (False, True)


def test_an_objection_that_came_late_counts_from_when_it_was_known(news):
    anna = person(email="anna@example.dk")
    consent.say(anna, news, channel="email", days_ago=3)
    objections.object_to(profile=anna.pk, source=source().code, source_event_id="o1", effective_at=days_ago(2))
    service, moment = Service("consents:read"), days_ago(1).isoformat()

    reasons = [
        may_we(service, anna, as_of=moment, **asked).json()["reason"] for asked in ({}, {"known_at": days_ago(0)})
    ]

    assert reasons == ["consent_missing", "objection"]


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"as_of": "2099-01-01T10:00:00Z"}, "in_the_future"),
        ({"as_of": "2026-01-01T10:00:00Z", "known_at": "2099-01-01T10:00:00Z"}, "in_the_future"),
        ({"as_of": "yesterday"}, "invalid"),
        ({"known_at": "2026-01-01T10:00:00"}, "naive"),
    ],
)
def test_a_moment_that_cannot_be_answered_is_refused(news, asked, code):
    refused = may_we(Service("consents:read"), person(), **asked)

    assert refused.status_code == 400
    assert code in {refused.json().get("code")} | {one["code"] for one in refused.json().get("errors", [])}


def test_the_same_id_with_another_body_is_a_conflict(news):
    anna = person(email="anna@example.dk")
    service = Service("consents:write")
    service.post("consents", answer(anna, news))

    other = service.post("consents", answer(anna, news, state="ConsentRefused"))

    assert (other.status_code, other.json()["code"]) == (409, "source_event_conflict")
    assert Ledger.objects.count() == 1
    logged = AccessEntry.objects.get(action="record_consent")
    assert (logged.actor, logged.allowed, logged.purpose) == (service.key.pk, False, "webshop: form-1")


def test_the_ledger_tells_which_key_recorded_a_decision(news):
    service = Service("consents:write")

    service.post("consents", answer(person(email="anna@example.dk"), news))

    assert Ledger.objects.get().history_user_id == service.key.pk


def test_the_ledger_tells_which_user_recorded_a_decision_in_a_session(news, client):
    root = user(superuser=True)
    client.force_login(root)

    said = answer(person(email="anna@example.dk"), news)
    recorded = client.post("/api/v1/consents", said, "application/json")

    assert recorded.status_code == 201, recorded.json()
    assert Ledger.objects.get().history_user_id == root.pk


def test_test_keys_and_test_people_are_apart(news):
    real, made_up = person(external_id="r", email="anna@example.dk"), person(external_id="t", is_test=True)
    keys = {
        "real": Service("consents:write", "consents:read"),
        "test": Service("consents:write", "consents:read", is_test=True),
    }

    codes = {
        (name, kind): key.post("consents", answer(somebody, news, source_event_id=f"{name}-{kind}")).status_code
        for name, key in keys.items()
        for kind, somebody in (("real", real), ("test", made_up))
    }

    assert codes == {("real", "real"): 201, ("real", "test"): 400, ("test", "real"): 400, ("test", "test"): 201}
    seen = {name: [row["profile"] for row in key.get("consents").json()["data"]] for name, key in keys.items()}
    assert seen == {"real": [f"prf_{real.pk}"], "test": [f"prf_{made_up.pk}"]}
    for path, more in (("consents/history", {}), ("consents/decision", {"purpose": "newsletter"})):
        assert [key.get(path, profile=f"prf_{made_up.pk}", **more).status_code for key in keys.values()] == [404, 200]


def test_a_consent_that_has_run_out_is_listed_as_expired(news):
    yearly = consent.purpose("yearly", valid_months=12)
    consent.say(person(), yearly, days_ago=500)

    assert [row["state"] for row in Service("consents:read").get("consents").json()["data"]] == ["ConsentExpired"]


def test_consents_are_found_by_the_state_that_they_are_listed_with(news):
    yearly, anna = consent.purpose("yearly", valid_months=12), person()
    consent.say(anna, yearly, days_ago=500)
    consent.say(anna, news)
    service = Service("consents:read")

    found = {
        state: [row["purpose"] for row in service.get("consents", state=state).json()["data"]]
        for state in ("ConsentGiven", "ConsentExpired", "ConsentRefused")
    }

    assert found == {"ConsentGiven": ["newsletter"], "ConsentExpired": ["yearly"], "ConsentRefused": []}


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"effective_at": "2026-11-20T10:00:00"}, "/0/effective_at", "naive"),
        ({"effective_at": "yesterday"}, "/0/effective_at", "invalid"),
        ({"state": "ConsentMaybe"}, "/0/state", "invalid_choice"),
        ({"profile": "prf_nobody"}, "/0/profile", "unknown"),
    ],
)
def test_a_decision_that_is_not_well_formed_is_refused_with_its_place(news, wrong, pointer, code):
    anna = person(email="anna@example.dk")

    refused = Service("consents:write").post("consents", answer(anna, news, **wrong))

    assert refused.status_code == 400
    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(pointer, code)]
    assert not Ledger.objects.exists()


def test_an_unknown_purpose_is_refused_and_nothing_of_the_list_is_recorded(news):
    anna = person(email="anna@example.dk")
    good, bad = answer(anna, news), answer(anna, news, purpose="unknown", source_event_id="form-2")

    refused = Service("consents:write").post("consents", [good, bad])

    assert refused.status_code == 400
    assert {error["pointer"] for error in refused.json()["errors"]} == {"/1/purpose"}
    assert b"anna@example.dk" not in refused.content
    assert not Ledger.objects.exists()


def test_the_history_tells_both_clocks_and_the_words(news):
    anna = person(email="anna@example.dk")
    service = Service("consents:write", "consents:read")
    service.post("consents", answer(anna, news))
    service.post("consents", answer(anna, news, "ConsentWithdrawn", source_event_id="mail-9", effective_at=days_ago(1)))

    entries = service.get("consents/history", profile=f"prf_{anna.pk}").json()["data"]

    assert [entry["state"] for entry in entries] == ["ConsentWithdrawn", "ConsentGiven"]
    assert all(entry["effective_at"] < entry["recorded_at"] for entry in each(entries))
    assert entries[1]["notice"]["text"].startswith("Ja tak")


@pytest.mark.parametrize("field", ["method", "actor_kind"])
def test_how_and_who_answered_is_said_and_never_supposed(news, field):
    said = answer(person(email="anna@example.dk"), news)
    del said[field]

    refused = Service("consents:write").post("consents", said)

    assert [(error["pointer"], error["code"]) for error in refused.json()["errors"]] == [(f"/0/{field}", "required")]
    assert not Ledger.objects.exists()


def test_the_history_names_who_recorded_each_entry(news):
    anna, clerk = person(email="anna@example.dk"), user()
    service = Service("consents:write", "consents:read")
    consent.say(anna, news, days_ago=5)
    consent.say(anna, news, days_ago=4, by=clerk)
    service.post("consents", answer(anna, news))

    entries = service.get("consents/history", profile=f"prf_{anna.pk}").json()["data"]

    assert [entry["recorded_by"] for entry in entries] == [
        {"kind": "service_key", "name": service.key.name},
        {"kind": "staff", "name": clerk.username},
        {"kind": "system", "name": ""},
    ]


def test_lists_are_filtered_strictly(news):
    anna, bo = person(email="anna@example.dk"), person(external_id="bo", email="bo@example.dk")
    consent.say(anna, news)
    consent.say(bo, news, "ConsentRefused")
    service = Service("consents:read")

    refused = service.get("consents", state="ConsentRefused").json()["data"]

    assert [row["profile"] for row in refused] == [f"prf_{bo.pk}"]
    assert service.get("consents", stat="x").status_code == 400
    assert service.get("consents/decision", profile="prf_x", purpose="newsletter").status_code == 400


def test_purposes_and_published_notices_can_be_read(news):
    consent.notice(news)
    service = Service("consents:read")

    assert [row["key"] for row in service.get("purposes").json()["data"]] == ["newsletter"]
    assert [row["key"] for row in service.get("notices").json()["data"]] == ["words"]


def test_reading_consents_does_not_allow_recording_them(news):
    assert Service("consents:read").post("consents", []).status_code == 403
