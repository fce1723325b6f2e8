"""The ingest contract, clause by clause (numbers are those of the specification)."""

import base64
import gzip
import json
import os
import signal
import time
import zlib
from pathlib import Path

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from cdp.base.database.sql import execute
from profiles.ingestion.http import backpressure, write_keys
from profiles.models import Event, IngestRequest, Source, SourceKey
from tests import builders
from tests.profiles.ingestion.sending import (
    basic,
    drain,
    identify,
    post,
    reasons,
    send,
    stored,
    take,
    track,
    write_key,
    zipped,
)

pytestmark = pytest.mark.django_db

CALLS = ["batch", "identify", "track", "page", "screen", "group", "alias"]
SHORT = ["t", "i", "p", "g", "a", "s", "b"]
JITSU = ["/api/s/track", "/api/s/identify", "/api/s/page", "/api/s/s2s/group"]


def refusal(response) -> tuple[int, str]:
    """Status and code, after the form that every refusal has was checked."""
    body = response.json()
    assert response["Content-Type"] == "application/problem+json"
    assert {"type", "title", "status", "detail", "code", "message"} <= set(body)
    assert body["status"] == response.status_code
    assert "Location" not in response
    return response.status_code, body["code"]


# --- 1, 2: success, and no redirect --------------------------------------------------------------------------------


def test_success_is_200_with_a_json_object():
    response = send(track(), track(), key=write_key())

    assert (response.status_code, response["Content-Type"]) == (200, "application/json")
    assert response.json() == {"success": True, "accepted": 2}


@pytest.mark.parametrize("path", [f"/v1/{call}" for call in CALLS + SHORT] + JITSU)
@pytest.mark.parametrize("slash", ["", "/"])
def test_every_path_answers_in_both_spellings(path, slash):
    event = track(userId="K-1", groupId="G-1", previousId="P-1", writeKey=write_key())
    body = {"batch": [event], "writeKey": event["writeKey"]} if path[-5:] == "batch" or path[-1] == "b" else event

    assert post(json.dumps(body), path=path + slash).status_code == 200


@pytest.mark.parametrize("path", ["/v1/nothing", "/v1/nothing/", "/v1/", "/api/s/nothing"])
def test_an_unknown_path_is_refused_and_not_redirected(path):
    assert refusal(post("{}", path=path)) == (404, "unknown_path")


def test_a_request_without_https_is_refused_and_not_redirected(settings):
    settings.SECURE_SSL_REDIRECT = True
    settings.SECURE_REDIRECT_EXEMPT = [r"^v1/"]

    assert refusal(send(track(), key=write_key())) == (403, "https_required")


# --- 3: acknowledged after the commit ------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_an_acknowledged_batch_and_its_job_are_committed_together():
    from procrastinate.contrib.django.models import ProcrastinateJob

    send(track(), track(), key=write_key())

    (row,) = IngestRequest.objects.all()
    (job,) = ProcrastinateJob.objects.filter(task_name="profiles.drain")
    assert (row.events, row.state, job.args) == (2, "waiting", {"ingest_request": str(row.pk)})


@pytest.fixture
def no_database():
    """The server is where nobody listens."""
    connection.close()
    port = connection.settings_dict["PORT"]
    connection.settings_dict["PORT"] = "1"
    yield
    connection.close()
    connection.settings_dict["PORT"] = port


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("origin", [{}, {"Origin": "https://shop.example"}])
def test_without_the_database_a_request_is_503_and_never_401(no_database, origin):
    response = send(track(), key="cdp" + "x" * 22, headers=origin)

    assert refusal(response) == (503, "unavailable")
    assert 5 <= int(response["Retry-After"]) <= 15


@pytest.fixture
def frozen_backend():
    """The process that serves our connection, stopped in the middle of its work."""
    connection.ensure_connection()
    backend = connection.connection.info.backend_pid
    if not Path(f"/proc/{backend}").exists():
        pytest.skip("the database runs on another machine")
    os.kill(backend, signal.SIGSTOP)
    yield
    os.kill(backend, signal.SIGCONT)


@pytest.mark.django_db(transaction=True)
def test_a_database_that_falls_silent_is_503_within_seconds_and_the_next_request_is_taken(request):
    key = write_key()
    request.getfixturevalue("frozen_backend")

    began = time.monotonic()
    assert refusal(send(track(), key=key)) == (503, "unavailable")
    assert time.monotonic() - began < 4

    assert send(track(), key=key).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_a_batch_that_the_database_does_not_commit_is_503_and_not_acknowledged():
    key = write_key()
    execute("ALTER TABLE profiles_ingestrequest ADD CONSTRAINT nothing_fits CHECK (events < 0)")

    try:
        assert refusal(send(track(), key=key)) == (503, "unavailable")
    finally:
        execute("ALTER TABLE profiles_ingestrequest DROP CONSTRAINT nothing_fits")
    assert not IngestRequest.objects.exists()


def test_nothing_is_acknowledged_while_the_database_forgets_commits():
    key = write_key()
    execute("SET LOCAL synchronous_commit = off")

    assert backpressure.forgetful() == ["synchronous_commit"]
    assert refusal(send(track(), key=key)) == (503, "unavailable")
    assert not IngestRequest.objects.exists()


# --- 4, 5: refusals ------------------------------------------------------------------------------------------------


def test_a_missing_unknown_or_revoked_key_is_401():
    row, revoked = write_keys.make(source=builders.source())
    write_keys.revoke(row)

    assert refusal(post('{"batch": []}')) == (401, "unknown_write_key")
    assert refusal(send(track(), key="cdp" + "x" * 22)) == (401, "unknown_write_key")
    assert refusal(send(track(), key=revoked)) == (401, "unknown_write_key")


@pytest.mark.parametrize("authorization", ["Basic %%%", "Basic /w==", "Basic", "Bearer", "Digest x", "Basic Og=="])
def test_broken_credentials_are_401(authorization):
    assert refusal(post('{"batch": []}', headers={"Authorization": authorization})) == (401, "unknown_write_key")


def test_a_disabled_source_is_403():
    source = builders.source()
    key = write_key(source)
    source.enabled = False
    source.save()

    assert refusal(send(track(), key=key)) == (403, "source_disabled")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("", "not_json"),
        ("hello", "not_json"),
        ("[]", "not_json"),
        ('{"batch": [', "not_json"),
        ('{"batch": []} and more', "not_json"),
        ("{}", "no_batch"),
        ('{"batch": {}}', "no_batch"),
        ('{"batch": null}', "no_batch"),
    ],
)
def test_a_body_that_no_retry_can_cure_is_400(body, code):
    assert refusal(post(body, key=write_key())) == (400, code)


#: It closes what it is put into, and brings a batch of its own.
CLOSING = '{}],"batch":[{"type": "track", "userId": "1", "event": "Planted"}'


@pytest.mark.parametrize("body", ["", "[]", "5", "hello", '{"type": "track"', "{}, {}", CLOSING])
def test_a_single_call_is_one_object(body):
    assert refusal(post(body, key=write_key(), path="/v1/track")) == (400, "not_json")


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "HEAD"])
def test_another_method_is_405(method):
    response = Client().generic(method, "/v1/batch")

    assert (response.status_code, response["Allow"]) == (405, "POST, OPTIONS")


def test_an_unknown_encoding_is_415():
    response = post(zipped('{"batch": []}'), key=write_key(), headers={"Content-Encoding": "br"})

    assert refusal(response) == (415, "unknown_encoding")


@pytest.mark.parametrize("body", [b"\x1f\x8b nonsense", zipped('{"batch": []}')[:-9], b""])
def test_a_body_that_does_not_decompress_is_400(body):
    assert refusal(post(body, key=write_key(), headers={"Content-Encoding": "gzip"})) == (400, "undecodable_body")


# --- 6: one bad event never sinks its batch ------------------------------------------------------------------------

BAD = {
    "no_identity": track(userId=None, anonymousId=None),
    "no_event_name": track(event=" "),
    "bad_event_name": track(event="Letter to anna@example.dk"),
    "unknown_type": track(type="charge"),
    "bad_message_id": track(messageId="x" * 256),
    "bad_timestamp": track(timestamp="1999-12-31T23:59:59Z"),
    "event_too_large": track(properties={"text": "x" * 256 * 1024}),
    "nul_character": track(properties={"text": "a\0b"}),
    "not_an_object": 5,
}


@pytest.mark.parametrize("reason", BAD)
def test_a_bad_event_goes_aside_and_the_rest_of_its_batch_is_stored(reason):
    take(track("Before"), BAD[reason], track("After"))

    assert (reasons(), stored()) == ({reason: 1}, {"Before", "After"})


@pytest.mark.parametrize(
    ("reason", "raw"),
    [
        ("too_deep", '{"type": "track", "a": ' + "[" * 100_000 + "]" * 100_000 + "}"),
        ("too_deep", '{"type": "track", "properties": {"a": ' + "[" * 19 + "]" * 19 + "}}"),
        ("not_json", '{"type": "track", "a": NaN}'),
        ("not_json", '{"type": "track", "a": -Infinity}'),
        ("not_json", '{"type": "track", "a": 1e400}'),
        ("not_json", '{"type": "track", "a": ' + "9" * 400 + "}"),
        ("bad_character", '{"type": "track", "a": "\\ud800"}'),
        ("nul_character", '{"type": "track", "a": "\\u0000"}'),
        ("nul_character", '{"type": "track", "a": "\0"}'),
    ],
)
def test_an_event_that_is_no_sound_json_goes_aside_and_the_rest_is_stored(reason, raw):
    body = f'{{"batch": [{json.dumps(track("Before"))}, {raw}, {json.dumps(track("After"))}]}}'

    response = post(body, key=write_key())
    drain()

    assert response.status_code == 200
    assert (reasons(), stored()) == ({reason: 1}, {"Before", "After"})


def test_bytes_that_are_not_utf_8_put_their_event_aside_only():
    body = json.dumps({"batch": [track("Before"), track("Møde"), track("After")]}, ensure_ascii=False)

    assert post(body.encode().replace("ø".encode(), b"\xf8"), key=write_key()).status_code == 200
    drain()

    assert (reasons(), stored()) == ({"bad_character": 1}, {"Before", "After"})


def test_the_last_of_duplicate_keys_counts():
    raw = json.dumps(track("Last")).replace('{"type"', '{"event": "First", "type"', 1)

    assert post(f'{{"batch": [{raw}]}}', key=write_key()).status_code == 200
    drain()

    assert (reasons(), stored()) == ({}, {"Last"})


def test_brackets_inside_texts_are_not_depth():
    take(track("Art", properties={"text": "[{" * 30, "nested": json.loads("[" * 17 + "]" * 17)}))

    assert (reasons(), stored()) == ({}, {"Art"})


def test_an_escaped_backslash_before_u0000_is_not_nul():
    take(track("Path", properties={"text": "C:\\u0000"}))

    assert (reasons(), Event.objects.get().properties) == ({}, {"text": "C:\\u0000"})


# --- 7, 8: encodings, labels, limits -------------------------------------------------------------------------------


@pytest.mark.parametrize("label", ["application/x-www-form-urlencoded", "text/plain", "multipart/form-data", ""])
@pytest.mark.parametrize("encoding", ["gzip", "deflate", "raw deflate", ""])
def test_the_label_is_ignored_and_the_encoding_decides(label, encoding):
    plain = json.dumps({"batch": [track("Zipped")]}).encode()
    raw = zlib.compressobj(wbits=-15)
    body = {
        "gzip": gzip.compress(plain),
        "deflate": zlib.compress(plain),
        "raw deflate": raw.compress(plain) + raw.flush(),
        "": plain,
    }[encoding]
    told = basic(write_key()) | {"Content-Encoding": encoding.split(" ")[-1]}

    response = Client().generic("POST", "/v1/batch", body, content_type=label, headers=told)
    drain()

    assert (response.status_code, stored()) == (200, {"Zipped"})


def test_a_body_with_a_byte_order_mark_is_read():
    assert post(b"\xef\xbb\xbf" + json.dumps({"batch": [track()]}).encode(), key=write_key()).status_code == 200


def test_a_body_larger_on_the_wire_than_5_mib_is_413():
    body = json.dumps({"batch": [track()], "padding": "x" * 5 * 1024 * 1024})

    assert refusal(post(body, key=write_key())) == (413, "body_too_large")


def test_a_large_but_allowed_body_is_taken():
    events = [track("Large", properties={"text": "x" * 30_000}) for _ in range(150)]

    assert send(*events, key=write_key()).json() == {"success": True, "accepted": 150}


def test_a_body_that_inflates_beyond_10_mib_is_413():
    body = gzip.compress(b'{"batch": []}' + b" " * 200 * 1024 * 1024)

    assert len(body) < 256 * 1024
    assert refusal(post(body, key=write_key(), headers={"Content-Encoding": "gzip"})) == (413, "body_too_large")


def test_more_than_2000_events_are_413():
    key = write_key()

    assert refusal(send(*[track()] * 2001, key=key)) == (413, "too_many_events")
    assert send(*[track()] * 2000, key=key).status_code == 200


def test_an_event_over_32_kib_is_taken_with_a_flag():
    take(track("Large", properties={"text": "x" * 33 * 1024}), track("Small"))

    assert dict(Event.objects.values_list("name__name", "flags")) == {"Large": ["large"], "Small": None}


# --- 9: each message once ------------------------------------------------------------------------------------------


def test_what_is_sent_twice_counts_once():
    key, one, other = write_key(), track("One"), track("Other")

    take(one, other, one, key=key)
    take(other, one, key=key)

    assert sorted(Event.objects.values_list("name__name", flat=True)) == ["One", "Other"]


def test_message_ids_of_two_sources_are_apart():
    event = track()

    take(event, key=write_key())
    take(event, key=write_key(builders.source("till")))

    assert Event.objects.count() == 2


def test_an_event_without_a_message_id_is_known_by_its_content():
    key, event = write_key(), track(messageId=None)

    take(event, key=key)
    take(event | {"sentAt": "2026-01-01T00:00:00Z"}, event | {"properties": {"another": 1}}, key=key)

    assert list(Event.objects.values_list("flags", flat=True)) == [["derived"], ["derived"]]


# --- 11: browsers --------------------------------------------------------------------------------------------------


@pytest.fixture
def shop() -> Source:
    return builders.source("browser", allowed_origins=["https://shop.example"])


def test_a_preflight_is_answered_for_an_origin_that_a_source_allows(shop):
    response = Client().options("/v1/t", headers={"Origin": "https://shop.example"})

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (204, "https://shop.example")
    assert response["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert {"authorization", "content-type", "anonymousid", "sentat", "x-write-key"} <= set(
        response["Access-Control-Allow-Headers"].split(", ")
    )
    assert (response["Access-Control-Max-Age"], "Origin" in response["Vary"]) == ("7200", True)


def test_a_preflight_allows_the_headers_that_a_client_adds_on_a_retry(shop):
    told = {"Origin": "https://shop.example", "Access-Control-Request-Headers": "authorization,rsa-retry-attempt"}

    assert (
        Client().options("/v1/t", headers=told)["Access-Control-Allow-Headers"]
        == told["Access-Control-Request-Headers"]
    )


@pytest.mark.parametrize("path", ["/v1/projects/{key}/settings", "/v1/sourceConfig/?p=npm&writeKey={key}"])
def test_the_document_that_a_browser_client_loads_first_is_served_to_its_origin(shop, path):
    key = write_key(shop)

    response = Client().get(path.format(key=key), headers={"Origin": "https://shop.example"})

    assert (response.status_code, response["Access-Control-Allow-Origin"]) == (200, "https://shop.example")
    assert response["Access-Control-Allow-Methods"] == "GET, OPTIONS"
    assert refusal(Client().get(path.format(key="cdp" + "x" * 22))) == (401, "unknown_write_key")
    assert refusal(Client().post(path.format(key=key))) == (405, "method_not_allowed")


def test_segments_browser_client_is_told_to_send_here(shop):
    key = write_key(shop)

    document = Client().get(f"/v1/projects/{key}/settings", headers={"Host": "localhost"}).json()

    told = document["integrations"]["Segment.io"]
    assert (told["apiKey"], told["apiHost"], told["protocol"]) == (key, "localhost/v1", "http")


def test_a_preflight_of_a_stranger_allows_nothing(shop):
    response = Client().options("/v1/t", headers={"Origin": "https://other.example"})

    assert "Access-Control-Allow-Origin" not in response


def test_an_answer_is_readable_only_for_the_origins_of_its_own_source(shop):
    own, others = write_key(shop), write_key(builders.source("server"))

    allowed = send(track(), key=own, headers={"Origin": "https://shop.example"})
    refused = send(track(), key=others, headers={"Origin": "https://shop.example"})

    assert allowed["Access-Control-Allow-Origin"] == "https://shop.example"
    assert "Access-Control-Allow-Origin" not in refused
    assert "Access-Control-Allow-Credentials" not in allowed


# --- 12: write keys ------------------------------------------------------------------------------------------------


def test_a_write_key_has_the_form_that_every_client_accepts():
    key = write_key()

    assert (len(key), key[:3], key.isalnum()) == (25, "cdp", True)


def test_only_the_digest_of_a_key_is_stored():
    key = write_key()

    assert key[8:] not in str(SourceKey.objects.values().get())


def test_the_key_is_taken_from_wherever_a_client_puts_it():
    key = write_key()
    pair = "Basic " + base64.b64encode(f"id:{key}".encode()).decode()
    in_headers = [basic(key), {"Authorization": pair}, {"Authorization": f"Bearer {key}"}, {"X-Write-Key": key}]

    answers = [post(json.dumps({"batch": [track()]}), headers=told).status_code for told in in_headers]
    in_batch = post(json.dumps({"batch": [track()], "writeKey": key}))
    in_event = post(json.dumps(track(writeKey=key)), path="/v1/t")

    assert [*answers, in_batch.status_code, in_event.status_code] == [200] * 6


def test_the_use_of_a_key_is_noted():
    key = write_key()

    send(track(), key=key)

    assert SourceKey.objects.get().last_used_at is not None


def test_a_cookie_is_not_looked_at():
    key, client = write_key(), Client()
    client.force_login(builders.user("karen"))
    body = json.dumps({"batch": [track()]})

    with CaptureQueriesContext(connection) as queries:
        response = client.generic("POST", "/v1/batch", body, content_type="text/plain", headers=basic(key))

    assert (response.status_code, response.cookies.keys()) == (200, set())
    assert [one["sql"] for one in queries if "session" in one["sql"] or "cdp_user" in one["sql"]] == []


# --- 13, 14: overload ----------------------------------------------------------------------------------------------


def test_a_source_over_its_events_a_minute_is_429_and_the_others_go_on(settings):
    settings.INGEST_EVENTS_PER_MINUTE = 3
    key, other = write_key(), write_key(builders.source("till"))

    first, second = send(track(), track(), key=key), send(track(), track(), key=key)

    assert (first.status_code, refusal(second)) == (200, (429, "rate_limited"))
    assert 1 <= int(second["Retry-After"]) <= 30
    assert send(track(), key=other).status_code == 200


def test_a_source_over_its_requests_a_minute_is_429(settings):
    settings.INGEST_REQUESTS_PER_MINUTE = 2
    key = write_key()

    assert [send(track(), key=key).status_code for _ in range(3)] == [200, 200, 429]


def test_a_batch_larger_than_a_minute_is_taken_when_the_bucket_is_full(settings):
    settings.INGEST_EVENTS_PER_MINUTE = 2

    assert send(track(), track(), track(), key=write_key()).status_code == 200


def test_a_queue_that_is_too_long_is_503(monkeypatch):
    monkeypatch.setattr(backpressure, "MOST_WAITING", 1)
    key = write_key()
    for _ in range(2):
        send(track(), key=key)
    backpressure.gate.forget()

    assert refusal(send(track(), key=key)) == (503, "unavailable")


def test_the_lag_tells_how_much_waits_and_how_long():
    assert backpressure.lag() == (0, 0)

    send(track(), key=write_key())
    waiting = backpressure.lag()
    drain()

    assert (waiting.waiting, backpressure.lag().waiting) == (1, 0)


# --- 15: test keys -------------------------------------------------------------------------------------------------


def test_a_test_key_writes_test_data_apart_from_the_real():
    source, event = builders.source(), identify(messageId="same", traits={"email": "anna@example.dk"})

    take(event, key=write_key(source, is_test=True))
    take(event, key=write_key(source))

    flags = sorted(Event.objects.values_list("profile__is_test", flat=True))
    assert (flags, Event.objects.values("profile").distinct().count()) == ([False, True], 2)
