"""Profile 360: who this is, how we know, and every opening of a value on record."""

from datetime import timedelta

import pytest
from django.urls import reverse

from cdp.base.extension import ExtensionPoint
from profiles.admin import tabs
from profiles.admin.people import person as people
from profiles.identity import steward_decisions
from profiles.models import AccessEntry, GoldenValue, Profile, SourceIdentity, StewardDecision
from profiles.models.projection import Rule
from tests.builders import days_ago, now, source, user
from tests.profiles.building import event_of, person, say

pytestmark = pytest.mark.django_db
PROVEN = [("email_verified", "alma@example.dk", True)]
CLEAR = ["Alma", "Ærø", "alma@example.dk", "+4520112233", "Havnegade"]


@pytest.fixture
def alma():
    return person(
        external_id="K-1", first_name="Alma", last_name="Ærø", street="Havnegade 1", city="Aarhus",
        email="alma@example.dk", phone="20112233",
    )  # fmt: skip


@pytest.fixture
def steward(client):
    steward = user(roles=["Steward"])
    client.force_login(steward)
    return steward


def page(client, profile, tab="overview", **query):
    return client.get(reverse("admin:profiles_profile_change", args=[profile.pk]), {"tab": tab, **query})


def act(client, profile, name, **data):
    return client.post(reverse(f"admin:profiles_profile_{name}", args=[profile.pk]), data)


def events(profile, count, *, minutes_apart=1):
    for number in range(count):
        moment = days_ago(1) + timedelta(minutes=number * minutes_apart)
        event_of(profile, f"Event {number}", occurred_at=moment)


# --- Masks, and opening them --------------------------------------------------------------------------------------


@pytest.mark.parametrize("tab", ["overview", "records", "timeline", "history"])
def test_no_tab_shows_a_clear_value_before_a_purpose_is_given(client, steward, alma, tab):
    html = page(client, alma, tab).content.decode()

    assert [value for value in CLEAR if value in html] == []
    assert not AccessEntry.objects.exists()


def test_a_given_purpose_shows_the_values_and_leaves_a_line_for_each_look(client, steward, alma):
    act(client, alma, "show", purpose="Answering the customer")

    html = page(client, alma).content.decode()

    assert [value for value in CLEAR if value not in html] == []
    entries = AccessEntry.objects.values_list("actor", "purpose", "identities", "allowed")
    assert set(map(str, entries)) == {
        str((steward.pk, "Answering the customer", [alma.identities.get().pk], True)) for _ in entries
    }
    assert {field for entry in AccessEntry.objects.all() for field in entry.fields} >= {"first_name", "email", "phone"}


def test_the_purpose_counts_for_this_person_and_this_session_only(client, steward, alma):
    other = person(first_name="Oskar", email="oskar@example.dk")
    act(client, alma, "show", purpose="Answering the customer")

    assert "Oskar" not in page(client, other).content.decode()
    client.force_login(steward)
    client.cookies.clear()
    client.force_login(steward)
    assert "Alma" not in page(client, alma).content.decode()


def test_hiding_puts_the_masks_back(client, steward, alma):
    act(client, alma, "show", purpose="Answering the customer")
    act(client, alma, "hide")

    assert "Alma" not in page(client, alma).content.decode()


def test_without_a_purpose_nothing_is_shown(client, steward, alma):
    act(client, alma, "show", purpose="   ")

    assert "Alma" not in page(client, alma).content.decode()


def test_who_may_not_reveal_is_refused_and_the_attempt_is_on_record(client, alma):
    client.force_login(user(roles=["Marketer"]))

    assert act(client, alma, "show", purpose="Curiosity").status_code == 403
    assert "Alma" not in page(client, alma).content.decode()
    assert list(AccessEntry.objects.values_list("purpose", "allowed")) == [("Curiosity", False)]


def test_a_purpose_stops_counting_when_the_right_is_taken_away(client, steward, alma):
    act(client, alma, "show", purpose="Answering the customer")
    session = dict(client.session)
    client.force_login(user(roles=["Auditor"]))
    planted = client.session
    planted["shown_people"] = session["shown_people"]
    planted.save()

    assert "Alma" not in page(client, alma).content.decode()


# --- Values and why -----------------------------------------------------------------------------------------------


def test_each_standing_value_tells_its_source_and_leads_to_its_reason(client, steward, alma):
    html = page(client, alma).content.decode()

    for attribute in ("first_name", "city"):
        assert reverse("admin:profiles_profile_why", args=[alma.pk, attribute]) in html
    assert "Webshop" in html


def test_why_shows_the_candidates_best_first_with_the_rule(client, steward):
    crm = source("crm", namespace="loyalty_no", trust=90)
    profile = person(external_id="K-1", identifiers=PROVEN, city="Aarhus")
    say(source=crm, external_id="C-1", identifiers=PROVEN, city="Odense")

    context = client.get(reverse("admin:profiles_profile_why", args=[profile.pk, "city"])).context

    assert [(row["title"], row["value"]) for row in context["candidates"]] == [("Crm", "Odense"), ("Webshop", "Aarhus")]
    assert str(context["rule"]) == "the more trusted source"


def test_a_steward_pins_another_value_with_a_reason(client, steward):
    crm = source("crm", namespace="loyalty_no", trust=90)
    profile = person(external_id="K-1", identifiers=PROVEN, city="Aarhus")
    say(source=crm, external_id="C-1", identifiers=PROVEN, city="Odense")
    url = reverse("admin:profiles_profile_why", args=[profile.pk, "city"])
    runner_up = client.get(url).context["candidates"][1]

    act(client, profile, "pin", record=runner_up["record"], attribute="city", reason="The customer called.")

    golden = GoldenValue.objects.get(profile=profile, attribute__code="city")
    assert (golden.text, golden.rule) == ("Aarhus", Rule.PIN)
    assert StewardDecision.objects.get().reason == "The customer called."


def test_a_decision_without_a_reason_is_refused_with_its_sentence(client, steward, alma):
    said = {"record": alma.golden.get(attribute__code="city").record_id, "attribute": "city"}

    answer = client.post(reverse("admin:profiles_profile_pin", args=[alma.pk]), said | {"reason": " "}, follow=True)

    assert "Say why" in answer.content.decode()
    assert not StewardDecision.objects.exists()


@pytest.mark.parametrize("until", ["2026-02-30", "0001-01-01", "2020-01-01", "some day"])
def test_a_value_is_pinned_until_a_day_that_is_to_come_or_not_at_all(client, steward, alma, until):
    said = {
        "record": alma.golden.get(attribute__code="city").record_id,
        "attribute": "city",
        "reason": "The customer called.",
    }

    answer = client.post(reverse("admin:profiles_profile_pin", args=[alma.pk]), said | {"until": until}, follow=True)

    assert (answer.status_code, StewardDecision.objects.exists()) == (200, False)


def test_an_attribute_that_no_text_can_be_is_not_found(client, steward, alma):
    answer = client.post(reverse("admin:profiles_profile_pin", args=[alma.pk]), {"attribute": "\0", "record": "1"})

    assert answer.status_code == 404


def test_a_value_of_another_person_cannot_be_pinned_here(client, steward, alma):
    other = person(city="Odense")
    record = other.golden.get(attribute__code="city").record_id

    assert act(client, alma, "pin", record=record, attribute="city", reason="Mine now.").status_code == 404


def test_what_a_record_does_not_say_cannot_be_pinned(client, steward, alma):
    record = alma.golden.get(attribute__code="city").record_id

    for attribute in ("gender", "planted"):
        assert act(client, alma, "pin", record=record, attribute=attribute, reason="x").status_code == 404


@pytest.mark.parametrize(("name", "field"), [("pin", "record"), ("separate", "identity"), ("withdraw", "decision")])
@pytest.mark.parametrize("key", ["", "none", "12345"])
def test_an_act_on_what_is_not_there_is_not_found(client, steward, alma, name, field, key):
    assert act(client, alma, name, **{field: key}, attribute="city", reason="x").status_code == 404


def test_a_record_is_separated_and_the_decision_undone(client, steward):
    crm = source("crm", namespace="loyalty_no")
    profile = person(external_id="K-1", identifiers=PROVEN)
    joined = say(source=crm, external_id="C-1", identifiers=PROVEN).identity
    assert SourceIdentity.objects.get(pk=joined).profile_id == profile.pk

    act(client, profile, "separate", identity=joined, reason="Mother and daughter.")
    assert SourceIdentity.objects.get(pk=joined).profile_id == joined

    act(client, profile, "withdraw", decision=StewardDecision.objects.get().pk, reason="They are one after all.")
    assert SourceIdentity.objects.get(pk=joined).profile_id == profile.pk


def test_who_may_not_decide_is_refused(client, alma):
    client.force_login(user(roles=["Compliance officer"]))

    for name in ("pin", "separate", "withdraw"):
        assert act(client, alma, name, reason="x").status_code == 403


# --- Ids that were merged away, erased people ---------------------------------------------------------------------


def test_an_id_that_was_merged_away_leads_to_the_person_with_a_note(client, steward):
    profile = person(external_id="K-1", identifiers=PROVEN)
    merged = say(source=source("crm", namespace="loyalty_no"), external_id="C-1", identifiers=PROVEN).identity
    assert not Profile.objects.filter(pk=merged).exists()

    answer = client.get(reverse("admin:profiles_profile_change", args=[merged]), follow=True)

    assert answer.redirect_chain[-1][0] == reverse("admin:profiles_profile_change", args=[profile.pk])
    assert f"prf_{merged} is now part of this profile." in answer.content.decode()


def test_an_erased_person_is_a_stub(client, steward, alma):
    alma.erased_at = now()
    alma.save()

    html = page(client, alma).content.decode()

    assert "This person was erased" in html
    assert "•" not in html


@pytest.mark.parametrize("key", ["absent", "00000000-0000-7000-8000-000000000000"])
def test_an_id_that_was_never_given_is_not_found(client, steward, key):
    assert client.get(reverse("admin:profiles_profile_change", args=[key])).status_code == 404


# --- Timeline, panels, cost ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("minutes_apart", [0, 1], ids=["all at one moment", "apart"])
def test_the_timeline_pages_through_every_event_once_newest_first(client, steward, alma, minutes_apart):
    events(alma, 60, minutes_apart=minutes_apart)

    seen, before = [], ""
    while True:
        context = page(client, alma, "timeline", before=before).context
        seen += [(event.occurred_at, event.pk) for event in context["events"]]
        before = context["older"]
        if not before:
            break

    assert len(seen) == 60
    assert seen == sorted(set(seen), reverse=True)


def test_the_records_page_from_the_newest_to_the_oldest(client, steward, alma, monkeypatch):
    monkeypatch.setattr(people, "RECORDS_A_PAGE", 2)
    for city in ("Odense", "Ribe"):
        say(external_id="K-1", city=city)

    first = page(client, alma, "records").context
    second = page(client, alma, "records", before=first["older"]).context

    assert [[one.version for one in context["records"]] for context in (first, second)] == [[3, 2], [1]]
    assert second["older"] is None


@pytest.mark.parametrize("before", ["x", "-1", "9" * 19, "9" * 5_000])
def test_a_place_in_the_records_that_is_none_shows_the_first_page(client, steward, alma, before):
    assert page(client, alma, "records", before=before).context["first_page"]


def test_a_tab_of_an_app_above_is_shown_to_whom_its_permission_is_given(client, steward, alma, monkeypatch):
    monkeypatch.setattr(tabs, "TABS", ExtensionPoint("tabs"))
    panel = tabs.Panel(
        key="points",
        title="Points",
        template="admin/profiles/profile/value.html",
        context=lambda profile, request: {"shown": f"told of {profile}"},
        permission="profiles.view_profile",
    )
    tabs.TABS.add(panel, order=1)
    tabs.TABS.add(tabs.Panel("secret", "Secret", "", dict, "cdp.add_user"), order=2)

    assert f"told of {alma}" in page(client, alma, "points").content.decode()
    assert page(client, alma, "secret").status_code == 404


def test_each_tab_has_an_address_of_its_own():
    keys = [panel.key for panel in tabs.TABS]

    assert keys == ["consents", "segments", "shares"]


@pytest.mark.parametrize("tab", ["overview", "records", "timeline", "history"])
def test_a_tab_costs_the_same_queries_for_one_record_or_three(client, steward, tab, django_assert_max_num_queries):
    profile = person(external_id="K-1", identifiers=PROVEN, first_name="Alma")
    for number in range(3):
        say(
            source=source(f"s{number}", namespace="user_id"),
            external_id=f"S{number}",
            identifiers=PROVEN,
            city="Odense",
        )
    steward_decisions.same(
        identity=profile.pk, other=profile.identities.exclude(pk=profile.pk)[0].pk, reason="x", by=steward
    )
    page(client, profile, tab)

    with django_assert_max_num_queries(16):
        assert page(client, profile, tab).status_code == 200
