"""The API describes itself: completely, and on a page that loads nothing from other hosts."""

import json

import pytest
from django.core.management import call_command

pytestmark = pytest.mark.django_db


def test_the_description_is_valid_and_complete(tmp_path):
    described = tmp_path / "openapi.json"

    call_command("spectacular", format="openapi-json", validate=True, fail_on_warn=True, file=str(described))

    schema = json.loads(described.read_text())
    assert schema["openapi"].startswith("3.1")
    assert {"/api/v1/profiles", "/api/v1/consents/decision", "/api/v1/segments", "/api/v1/deliveries"} <= {
        path.rstrip("/?") for path in schema["paths"]
    }


def test_the_page_of_the_api_loads_nothing_from_elsewhere(client):
    page = client.get("/api/v1/docs/")

    assert page.status_code == 200
    assert "http://" not in page.text.replace("http://testserver", "")
    assert "https://" not in page.text


def test_the_description_is_served(client):
    assert client.get("/api/v1/openapi.json").json()["info"]["title"] == "Kendt management API"
