"""What may stand behind the question mark of a list: no parameter breaks it, tells a secret, or widens it."""

import pytest
from django.contrib import admin
from django.db.models import BinaryField
from django.urls import reverse

from cdp.base.personal_data import DigestField
from tests.builders import user

pytestmark = pytest.mark.django_db
PAGES = {model._meta.label: page for model, page in admin.site._registry.items()}
ODD = [{"_popup": "1"}, {"_to_field": "password"}, {"p": "x"}, {"o": "99.-1"}, {"all": ""}, {"e": "1"}, {"q": "\x00"}]
SECRETS = [
    (label, field.name)
    for label, page in PAGES.items()
    for field in page.opts.fields
    if isinstance(field, BinaryField | DigestField) or field.name == "password"
]


@pytest.fixture
def root(client):
    client.force_login(user(superuser=True))
    return client


def listing(client, label, **query):
    return client.get(reverse(f"admin:{label.lower().replace('.', '_')}_changelist"), query).status_code


@pytest.mark.parametrize("label", PAGES)
def test_no_odd_parameter_breaks_a_list(root, label):
    answers = {str(query): listing(root, label, **query) for query in ODD}

    assert {query: status for query, status in answers.items() if status >= 500} == {}


@pytest.mark.parametrize(("label", "field"), SECRETS)
def test_no_list_is_filtered_by_a_secret(root, label, field):
    assert listing(root, label, **{f"{field}__startswith": "a"}) == 400


@pytest.mark.parametrize(("label", "field"), [secret for secret in SECRETS if secret[1] != "password"])
def test_no_page_shows_a_secret(rf, label, field):
    request = rf.get("/")
    request.user = user(superuser=True)

    assert field not in PAGES[label].get_fields(request)


@pytest.mark.parametrize(
    ("label", "path"),
    [
        ("profiles.Record", "identity__external_key"),
        ("profiles.SourceKey", "source__keys__digest"),
        ("profiles.StewardDecision", "decided_by__password"),
    ],
)
def test_no_list_is_filtered_through_a_relation_that_it_does_not_offer(root, label, path):
    assert listing(root, label, **{f"{path}__startswith": "a"}) == 400


def test_a_look_up_offers_nothing_to_who_may_not_see_it(client):
    client.force_login(user(roles=["Marketer"]))
    query = {"app_label": "profiles", "model_name": "workitem", "field_name": "assignee", "term": ""}

    assert client.get(reverse("admin:autocomplete"), query).status_code == 403
