"""What every answer tells the browser."""

import pytest
from django.urls import reverse

from tests.builders import user

pytestmark = pytest.mark.django_db


def policy(response) -> dict[str, str]:
    directives = (part.strip().partition(" ") for part in response["Content-Security-Policy"].split(";"))
    return {name: values for name, _space, values in directives}


@pytest.fixture
def signed_in(client):
    client.force_login(user(superuser=True))
    return client


def test_the_admin_alone_has_the_policy_that_its_theme_needs(signed_in):
    inside = policy(signed_in.get(reverse("admin:index")))
    outside = policy(signed_in.get("/health/live"))

    assert "'unsafe-eval'" in inside["script-src"]
    assert "'unsafe-inline'" in inside["style-src"]
    assert "unsafe" not in outside["script-src"] + outside["style-src"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/admin/profiles/profile/", "/health/live", "/nowhere"])
def test_no_page_may_be_framed_or_run_inline_scripts(signed_in, path):
    response = signed_in.get(path)

    assert policy(response)["frame-ancestors"] == "'none'"
    assert policy(response)["object-src"] == "'none'"
    assert "'unsafe-inline'" not in policy(response)["script-src"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/login/", "/health/live", "/nowhere", "/v1/batch"])
def test_every_answer_carries_the_safety_headers(client, path):
    response = client.get(path)

    told = {name: response[name] for name in ("X-Content-Type-Options", "Referrer-Policy", "X-Frame-Options")}
    assert told == {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "same-origin", "X-Frame-Options": "DENY"}
    assert response["X-Request-Id"]


@pytest.mark.parametrize("path", ["/admin/", "/admin/profiles/profile/", "/admin/sessions/"])
def test_signed_in_pages_stay_out_of_caches(signed_in, path):
    assert "no-store" in signed_in.get(path)["Cache-Control"]


def test_acts_without_a_token_are_refused():
    from django.test import Client

    client = Client(enforce_csrf_checks=True)
    client.force_login(user(superuser=True))

    assert client.post(reverse("admin:sessions")).status_code == 403
    assert client.post(reverse("set_language"), {"language": "da"}).status_code == 403
