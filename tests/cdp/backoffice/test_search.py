"""Global search: by exact values in their normal form, grouped, masked, and only what one may open."""

import pytest
from django.urls import reverse

from cdp.backoffice.search import find
from tests.builders import now, source, user
from tests.profiles.building import event_of, person

pytestmark = pytest.mark.django_db
SEARCH = reverse("admin:search")


@pytest.fixture
def alma():
    return person(
        external_id="K-77", first_name="Alma", last_name="Ærø", email="Alma.Aeroe@example.dk", phone="20 11 22 33"
    )


@pytest.fixture
def steward():
    return user(roles=["Steward"])


def links(text, by):
    return {hit.link for group in find(text, by)[1] for hit in group.hits}


def page_of(profile):
    return reverse("admin:profiles_profile_change", args=[profile.pk])


@pytest.mark.parametrize(
    "text", ["alma.aeroe@EXAMPLE.dk", "+45 20112233", "20112233", "K-77", "prf_{id}", "{id}", " {id} "]
)
def test_a_person_is_found_by_each_exact_value_however_it_is_written(alma, steward, text):
    person(email="other@example.dk", phone="20 99 99 99")

    assert links(text.format(id=alma.pk), steward) == {page_of(alma)}


@pytest.mark.parametrize("text", ["alma", "alma.aeroe", "example.dk", "2011", "%", "'; DROP TABLE x"])
def test_a_part_of_a_value_finds_nobody(alma, steward, text):
    assert links(text, steward) == set()


def test_the_page_tells_how_the_text_was_read_and_shows_no_clear_value(alma, client, steward):
    client.force_login(steward)

    page = client.get(SEARCH, {"q": "ALMA.aeroe@example.dk"}).content.decode()

    assert "A••• Æ•••" in page
    assert "a•••@example.dk" in page
    assert "Alma" not in page


def test_when_nothing_is_found_the_page_says_what_was_looked_for(client, steward):
    client.force_login(steward)

    page = client.get(SEARCH, {"q": "nobody@example.dk"}).content.decode()

    assert "Nothing was found" in page
    assert "n•••@example.dk" in page


def test_a_text_with_a_nul_is_read_without_it(client, alma, steward):
    client.force_login(steward)

    assert page_of(alma) in client.get(SEARCH, {"q": "K-77\0"}).content.decode()


def test_an_order_is_found_by_its_number_and_leads_to_its_person(alma, steward):
    event_of(alma, order_id="A-17")

    assert links("A-17", steward) == {page_of(alma) + "?tab=timeline"}


def test_what_one_may_not_open_is_not_found(alma, client):
    client.force_login(user(roles=["Partner manager"]))

    assert client.get(SEARCH, {"q": "alma.aeroe@example.dk"}).status_code == 403


def test_an_erased_person_is_not_found_by_a_value(alma, steward):
    alma.erased_at = now()
    alma.save()

    assert links("alma.aeroe@example.dk", steward) == set()


@pytest.mark.parametrize("people", [1, 3])
def test_a_search_costs_the_same_queries_for_one_or_three_people(
    client, steward, people, django_assert_max_num_queries
):
    shop = source("shop")
    for number in range(people):
        person(source=shop, external_id=f"S{number}", email="shared@example.dk", first_name=f"Name{number}")
    client.force_login(steward)
    client.get(SEARCH)

    with django_assert_max_num_queries(25):
        client.get(SEARCH, {"q": "shared@example.dk"})
