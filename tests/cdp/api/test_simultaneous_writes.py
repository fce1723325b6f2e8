"""What two write at the same moment, though there can be one of it: the second is told, in the API and in the admin."""

import pytest
from django.urls import reverse

from consents.models import Controller
from partners.api import PartnerViewSet
from tests.api import Service
from tests.builders import user

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def first():
    return Controller.objects.create(key="nordmarked", name="Nordmarked")


def test_the_api_answers_the_second_of_two_with_a_problem(first, monkeypatch):
    monkeypatch.setattr(PartnerViewSet, "get_queryset", lambda _view: Controller.objects.create(key=first.key))

    answer = Service("partners:read").get("partners")

    assert (answer.status_code, answer.json()["code"]) == (409, "written_meanwhile")


def test_the_admin_answers_the_second_of_two_with_a_page(first, client, monkeypatch):
    monkeypatch.setattr(
        Controller, "validate_unique", lambda *_args, **_options: None
    )  # a moment before there was none
    client.force_login(user(roles=["Compliance officer"]))
    before = Controller.objects.count()

    answer = client.post(reverse("admin:consents_controller_add"), {"key": first.key, "name": "Again", "country": "DK"})

    assert (answer.status_code, Controller.objects.count()) == (409, before)
    assert b"Somebody was faster" in answer.content
