"""The list of corrections: who asked, about what, and deciding as the second person."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from consents.models import ConsentRecord, CorrectionRequest, Ledger
from consents.recording import correction
from profiles.models import Profile, WorkItem
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db
LIST = reverse("admin:consents_correctionrequest_changelist")


def signed_in(user) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(user)
    return client


@pytest.fixture
def clerk():
    return builders.user(roles=["Steward"])


@pytest.fixture
def officer():
    return builders.user(roles=["Compliance officer"])


@pytest.fixture
def news():
    return consent.purpose()


@pytest.fixture
def anna():
    return person(email="anna@example.dk", first_name="Anna", last_name="Ågård")


def asked_for(about, purpose, by, reason="wrong person", **said) -> CorrectionRequest:
    return correction.request(entry=consent.say(about, purpose, **said), reason_code=reason, by=by)


def page(asked, act="change") -> str:
    return reverse(f"admin:consents_correctionrequest_{act}", args=[asked.pk])


def listed(client, **query) -> set[int]:
    return {asked.pk for asked in client.get(LIST, query).context["cl"].result_list}


def text(answer) -> str:
    return answer.content.decode()


# --- The list --------------------------------------------------------------------------------------------------------


def test_the_list_tells_who_asked_about_whom_and_why_without_a_clear_name(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk, channel="post")

    told = text(signed_in(officer).get(LIST))

    history = reverse("admin:consents_person_history", args=[anna.pk])
    for part in (
        str(clerk),
        "wrong person",
        "Newsletter",
        "post",
        "given",
        "waiting",
        f"{history}#entry-{asked.entry}",
    ):
        assert part in told
    assert "Ågård" not in told and "anna@example.dk" not in told


def test_it_opens_on_what_waits_and_is_filtered_by_state_and_purpose(officer, clerk, news):
    offers = consent.purpose("offers")
    waiting, other = asked_for(person(), news, clerk), asked_for(person(), offers, clerk)
    approved, declined = asked_for(person(), news, clerk), asked_for(person(), news, clerk)
    correction.approve(asked=approved, by=officer)
    correction.refuse(asked=declined, by=officer)
    client = signed_in(officer)

    assert listed(client) == listed(client, state="nonsense") == {waiting.pk, other.pk}
    assert listed(client, purpose="offers") == {other.pk}
    assert listed(client, state="approved") == {approved.pk}
    assert listed(client, state="declined", purpose="newsletter") == {declined.pk}
    assert listed(client, state="all") == {waiting.pk, other.pk, approved.pk, declined.pk}


def test_an_empty_list_says_the_next_step(officer):
    told = text(signed_in(officer).get(LIST))

    assert "Nothing waits for a second person" in told
    assert "open the consent history of a person" in told


def test_a_longer_list_costs_no_more_queries(officer, clerk, news):
    client = signed_in(officer)
    client.get(LIST)
    costs = []
    for _more in range(2):
        asked_for(person(first_name="Alma"), news, clerk), asked_for(person(first_name="Bo"), news, clerk)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        costs.append(len(queries))

    assert costs[0] == costs[1]


def test_the_home_page_counts_what_waits_and_leads_to_it(officer, clerk, news):
    waiting, decided = asked_for(person(), news, clerk), asked_for(person(), news, clerk)
    correction.refuse(asked=decided, by=officer)
    client = signed_in(officer)

    cards = client.get(reverse("admin:index"), {"view": "compliance"}).context["calling"]

    (card,) = [one for one in cards if one.number.model == "consents.correctionrequest"]
    assert (card.value, listed(client)) == (1, {waiting.pk})
    assert card.link == LIST


def test_who_was_erased_is_told_as_such_and_led_to_no_history(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk)
    Profile.objects.filter(pk=anna.pk).update(erased_at=builders.now())
    client = signed_in(officer)

    for place in (LIST, page(asked)):
        told = text(client.get(place))
        assert "erased" in told
        assert reverse("admin:consents_person_history", args=[anna.pk]) not in told


# --- Deciding --------------------------------------------------------------------------------------------------------


def test_the_page_tells_what_the_choice_says_with_and_without_the_entry(officer, clerk, anna, news):
    consent.say(anna, news, days_ago=9, channel="post")
    asked = asked_for(anna, news, clerk, state="ConsentWithdrawn", days_ago=2, channel="post")

    effect = signed_in(officer).get(page(asked)).context["effect"]

    assert effect == ("ConsentWithdrawn", "ConsentGiven")
    correction.approve(asked=asked, by=officer)
    assert ConsentRecord.objects.get().state == effect.then


def test_a_second_person_approves_from_the_page(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk)
    client = signed_in(officer)
    assert 'value="approve"' in text(client.get(page(asked)))

    answer = client.post(page(asked, "decide"), {"verdict": "approve"}, follow=True)

    assert answer.redirect_chain == [(LIST, 302)]
    assert "the entry counts no more" in text(answer)
    assert not ConsentRecord.objects.exists()
    assert Ledger.objects.filter(supersedes=asked.entry).exists()
    assert WorkItem.objects.get(kind="consent_correction").state == "done"
    assert 'value="approve"' not in text(client.get(page(asked)))


def test_a_second_person_declines_from_the_page(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk)

    signed_in(officer).post(page(asked, "decide"), {"verdict": "refuse"})

    asked.refresh_from_db()
    assert (asked.approved, asked.decided_by) == (False, officer)
    assert ConsentRecord.objects.get().state == "ConsentGiven"


def test_nobody_decides_their_own_and_the_page_says_why(officer, anna, news):
    asked = asked_for(anna, news, officer)
    client = signed_in(officer)

    for place in (page(asked), reverse("admin:consents_person_history", args=[anna.pk])):
        told = text(client.get(place))
        assert "You asked for it, so somebody else decides." in told
        assert 'value="approve"' not in told
    for verdict in ("approve", "refuse"):
        answer = client.post(page(asked, "decide"), {"verdict": verdict}, follow=True)
        assert "nobody approves their own" in text(answer)
    assert CorrectionRequest.objects.get().decided_at is None


@pytest.mark.parametrize("role", ["Steward", "Lead steward", "Auditor"])
def test_who_may_only_look_sees_no_button_and_is_refused(role, clerk, anna, news):
    asked = asked_for(anna, news, clerk)
    client = signed_in(builders.user(roles=[role]))

    told = text(client.get(page(asked)))
    refused = client.post(page(asked, "decide"), {"verdict": "approve"})

    assert "A second person decides." in told and 'value="approve"' not in told
    assert refused.status_code == 403
    assert CorrectionRequest.objects.get().decided_at is None


@pytest.mark.parametrize("role", ["Marketer", "Integration admin", "System admin"])
def test_who_sees_no_consents_sees_no_corrections(role, clerk, anna, news):
    asked = asked_for(anna, news, clerk)
    client = signed_in(builders.user(roles=[role]))

    answers = [client.get(LIST), client.get(page(asked)), client.post(page(asked, "decide"), {"verdict": "refuse"})]

    assert {answer.status_code for answer in answers} == {403}


def test_what_was_decided_meanwhile_is_told_and_stays(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk)
    correction.refuse(asked=asked, by=builders.user())

    answer = signed_in(officer).post(page(asked, "decide"), {"verdict": "approve"}, follow=True)

    assert "asked for already, or decided" in text(answer)
    assert ConsentRecord.objects.exists()


def test_a_button_that_says_nothing_decides_nothing(officer, clerk, anna, news):
    asked = asked_for(anna, news, clerk)

    assert signed_in(officer).post(page(asked, "decide")).status_code == 404
    assert CorrectionRequest.objects.get().decided_at is None
