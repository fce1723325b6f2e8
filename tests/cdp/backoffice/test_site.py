"""What holds for every page of the admin."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.builders import user

pytestmark = pytest.mark.django_db


@pytest.fixture
def root():
    client = Client()
    client.force_login(user(superuser=True))
    return client


@pytest.mark.parametrize(
    "place",
    [
        "/admin/consents/consentrecord/?purpose=a%00b",
        "/admin/consents/consentrecord/?channel=a%00b",
        "/admin/profiles/source/?code=a%00b",
        "/admin/segments/segment/a%00b/change/",
        "/admin/segments/segment/01a21f84-8ab5-7616-a330-4acba5c7af5a/why/?profile=a%00b",
    ],
)
def test_an_address_with_text_that_no_database_holds_is_refused(root, place):
    assert root.get(place).status_code == 400


def test_a_search_for_such_text_finds_nothing(root):
    found = root.get(reverse("admin:segments_segment_changelist"), {"q": "a\0b"})

    assert found.status_code == 200
