"""The home pages: numbers that are right, that lead to their rows, and that stay cheap."""

from datetime import timedelta

import pytest
from django.contrib import admin
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from cdp.access.roles import ROLES
from cdp.backoffice.admin import NOT_LISTED
from cdp.backoffice.dashboard import cards
from cdp.backoffice.dashboard.charts import Point, columns
from cdp.backoffice.dashboard.numbers import Number, count
from cdp.base.database.ids import uuid7
from consents.models import Suppression
from consents.overrides import suppressions
from profiles.models import QuarantineItem, WorkItem
from tests.builders import days_ago, source, user
from tests.profiles.building import person

pytestmark = pytest.mark.django_db
HOME = reverse("admin:index")
MOST_QUERIES = 15


def work(kind="profile_review", state="open"):
    return WorkItem.objects.create(kind=kind, why="Look at it.", fingerprint=uuid7().hex, state=state)


def quarantined(state="open"):
    item = QuarantineItem.objects.create(
        source=source(), key=uuid7().bytes, reason="no_identity", received_at=days_ago(1),
        expires_at=timezone.now() + timedelta(days=9),
    )  # fmt: skip
    item.state = state
    item.save()
    return item


def shown(client, view="steward") -> dict[str, int]:
    context = client.get(HOME, {"view": view}).context
    return {
        str(card.number.title): card.value for card in [*context["calling"], *context["figures"], *context["quiet"]]
    }


@pytest.fixture
def steward(client):
    client.force_login(user(roles=["Steward"]))
    return client


def test_a_number_counts_what_is_open_and_nothing_else(steward):
    work(), work(), work(state="done"), quarantined(), quarantined(state="discarded")

    numbers = shown(steward)

    assert (numbers["Waiting for a decision"], numbers["In quarantine"]) == (2, 1)


def test_a_number_leads_to_exactly_the_rows_that_it_counts(steward):
    work(), work(state="dismissed")
    card = next(c for c in steward.get(HOME).context["calling"] if c.number.model == "profiles.workitem")

    listed = steward.get(card.link).context["cl"].result_list

    assert {item.state for item in listed} == {"open"}
    assert len(listed) == card.value == 1


def test_reviews_of_suppressions_are_counted_and_listed_once_an_address_when_they_are_due(client):
    due, later = days_ago(1).date(), days_ago(-9).date()
    for address, day in (("anna@example.dk", due), ("bo@example.dk", later), ("cai@example.dk", None)):
        suppressions.suppress(addresses=[("email", address)], reason="complaint", review_on=day)
    client.force_login(user(superuser=True))
    [number] = [one for one in cards.COMPLIANCE if one.model == "consents.suppression"]

    [card] = count([number], user(superuser=True))
    listed = client.get(card.link).context["cl"].result_list

    assert Suppression.objects.filter(review_on=due).count() == 2
    assert (card.value, [row.review_on for row in listed]) == (1, [due])


@pytest.mark.parametrize("number", [*cards.STEWARD, *cards.COMPLIANCE], ids=lambda number: str(number.title))
def test_the_link_of_every_number_opens(client, number):
    client.force_login(user(superuser=True))

    [card] = count([number], user(superuser=True))

    assert client.get(card.link).status_code == 200


def test_when_nothing_waits_the_page_says_so(steward):
    assert "Nothing waits" in steward.get(HOME).content.decode()


def test_what_calls_for_action_comes_first(steward):
    quarantined()

    context = steward.get(HOME).context

    assert [str(card.number.title) for card in context["calling"]] == ["In quarantine"]
    assert "In quarantine" not in [str(card.number.title) for card in [*context["figures"], *context["quiet"]]]


def test_a_role_sees_only_numbers_whose_rows_it_may_open(client):
    client.force_login(user(roles=["Marketer"]))

    seen = set(shown(client))

    assert seen == {"People known", "Segments in use", "Segments to compute again", "Activations to approve"}


def test_compliance_opens_on_its_own_page_and_may_switch(client):
    client.force_login(user(roles=["Compliance officer"]))

    assert client.get(HOME).context["view"] == "compliance"
    assert client.get(HOME, {"view": "steward"}).context["view"] == "steward"


def test_who_may_not_see_consents_cannot_switch(client):
    client.force_login(user(roles=["Integration admin"]))

    assert client.get(HOME, {"view": "compliance"}).context["view"] == "steward"


def test_a_missing_guard_of_the_ledger_is_shown_in_red(client):
    client.force_login(user(roles=["Compliance officer"]))
    assert "is guarded" in client.get(HOME).content.decode()

    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE consents_historicalconsentrecord DISABLE TRIGGER append_only_update")

    assert "is not guarded" in client.get(HOME).content.decode()


@pytest.mark.parametrize("view", ["steward", "compliance"])
@pytest.mark.parametrize("people", [0, 3])
def test_the_page_costs_the_same_few_queries_whatever_it_counts(client, view, people):
    client.force_login(user(roles=["Compliance officer"]))
    for _ in range(people):
        person(first_name="Alma"), work(), quarantined()
    client.get(HOME)

    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(HOME, {"view": view})

    assert len(queries) < MOST_QUERIES


def test_more_than_ten_thousand_is_not_counted_further(steward):
    number = Number("Numbers", "profiles.workitem", "generate_series(1, 20000)")

    [card] = count([number], user(superuser=True))

    assert (card.value, card.is_capped) == (10_001, True)


def test_a_chart_tells_its_title_and_every_figure_in_words():
    chart = columns([Point("Mon", 2), Point("Tue", 0)], title="Withdrawals", ident="w")

    assert '<title id="w">Withdrawals</title>' in chart
    assert '<th scope="row">Mon</th><td class="k-number">2</td>' in chart
    assert "None in this time." in columns([Point("Mon", 0)], title="", ident="x")


@pytest.mark.parametrize("role", ROLES)
def test_the_navigation_leads_only_where_the_role_may_go(client, role):
    client.force_login(user(roles=[role]))
    groups = client.get(HOME).context["sidebar_navigation"]

    links = [item["link"] for group in groups for item in group["items"]]

    assert links
    assert {link: client.get(link).status_code for link in links} == dict.fromkeys(links, 200)


def test_every_model_is_listed_in_the_admin_or_says_why_not():
    from django.apps import apps

    historical = {model for model in apps.get_models() if hasattr(model, "instance_type")}
    silent = set(apps.get_models()) - historical - set(admin.site._registry)

    assert {model._meta.label for model in silent} == set(NOT_LISTED)
