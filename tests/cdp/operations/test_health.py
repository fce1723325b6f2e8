"""Health over HTTP, with the database as it is, behind, late, gone, and silent."""

import shutil
import socket
import tempfile
import time

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db(transaction=True)

UNREACHABLE = {"database": "unreachable", "migrations": "unknown", "queue": "unknown"}


@pytest.fixture
def socket_folder(monkeypatch):
    """A folder where new connections look for the server; the connection at hand stays."""
    folder = tempfile.mkdtemp(prefix="kendt-")  # pytest's own paths are too long for a socket
    monkeypatch.setitem(connection.settings_dict, "HOST", folder)
    monkeypatch.setitem(connection.settings_dict, "PORT", "5432")
    yield folder
    shutil.rmtree(folder)


def ready(client):
    began = time.monotonic()
    response = client.get("/health/ready")
    assert time.monotonic() - began < 2
    assert response["Cache-Control"] == "no-store"
    return response.status_code, response.json()["checks"]


def defer_job(*, waiting_seconds):
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_jobs (queue_name, task_name) VALUES ('default', 'a_task') RETURNING id"
        )
        cursor.execute(
            "UPDATE procrastinate_events SET at = now() - make_interval(secs => %s) WHERE job_id = %s",
            [waiting_seconds, cursor.fetchone()[0]],
        )


def test_live_answers_whatever_the_database_does(client, socket_folder):
    response = client.get("/health/live")

    assert (response.status_code, response.json()) == (200, {"status": "ok"})
    assert response["Cache-Control"] == "no-store"


def test_ready_when_all_is_well(client):
    defer_job(waiting_seconds=10)

    assert ready(client) == (200, {"database": "ok", "migrations": "ok", "queue": "ok"})


def test_not_ready_while_a_migration_is_missing(client):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE django_migrations SET app = 'gone' WHERE app = 'sessions'")
        try:
            assert ready(client) == (503, {"database": "ok", "migrations": "pending", "queue": "unknown"})
        finally:
            cursor.execute("UPDATE django_migrations SET app = 'sessions' WHERE app = 'gone'")


def test_not_ready_while_jobs_are_not_taken(client):
    defer_job(waiting_seconds=301)

    assert ready(client) == (503, {"database": "ok", "migrations": "ok", "queue": "late"})


def test_job_for_later_is_not_late(client):
    defer_job(waiting_seconds=3600)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_jobs SET scheduled_at = now() + interval '1 hour'")

    assert ready(client) == (200, {"database": "ok", "migrations": "ok", "queue": "ok"})


def test_not_ready_without_a_database_and_says_nothing_of_it(client, socket_folder):
    assert ready(client) == (503, UNREACHABLE)

    response = client.get("/health/ready")
    assert response["Retry-After"] == "5"
    assert socket_folder not in response.content.decode()


def test_not_ready_in_time_when_the_database_is_silent(client, socket_folder):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(f"{socket_folder}/.s.PGSQL.5432")
        silent.listen()

        assert ready(client) == (503, UNREACHABLE)


def test_ready_again_as_soon_as_the_database_is_back(client, monkeypatch):
    with monkeypatch.context() as away:
        away.setitem(connection.settings_dict, "HOST", "/nowhere")
        assert ready(client)[0] == 503

    assert ready(client)[0] == 200


@pytest.mark.parametrize("path", ["/health/live", "/health/ready"])
def test_health_is_only_read(client, path):
    assert client.post(path).status_code == 405
