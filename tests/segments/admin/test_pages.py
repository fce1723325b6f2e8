"""The pages of segments, as a browser without a script gets them."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from consents.permission.reasons import REASONS
from segments.activation import activations
from segments.models import Activation, Destination, Membership, Run, Segment
from tests.builders import user
from tests.consents import building as consents
from tests.segments.building import DANES, computed, dane, did, document, person, segment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


@pytest.fixture(scope="session", autouse=True)
def roles(django_db_setup, django_db_blocker):
    from cdp.access.roles import apply

    with django_db_blocker.unblock():
        apply()


def signed_in(*roles) -> Client:
    """A browser of a new member of staff with these roles."""
    made = Client()
    made.force_login(user(roles=roles))
    return made


def page_of(of: Segment, page="change", **arguments) -> str:
    return reverse(f"admin:segments_segment_{page}", args=[of.pk])


def destination(**options) -> Destination:
    purpose = consents.purpose("newsletter")
    fields = {"key": "mail", "title": "Mail", "channel": "email", "fields": ["email"]} | options
    return Destination.objects.create(purpose=purpose, **fields)


def text_of(answer) -> str:
    """The words of a page, without its marks."""
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


# --- The builder --------------------------------------------------------------------------------------------------


def test_a_segment_is_built_by_buttons_alone():
    person(country="DK")
    marketer = signed_in("Marketer")
    add = reverse("admin:segments_segment_add")
    form = {"view": "lines", ":kind": "op", ":op": "all", "zone": "Europe/Copenhagen"}

    added = marketer.post(add, form | {"act": "add||attr"})
    form |= {"0:kind": "attr", "0:attr": "country", "0:is": "is", "0:value": "DK"}
    shown = marketer.post(add, form | {"act": "update"})
    saved = marketer.post(add, form | {"act": "save", "title": "The Danes", "reason": "spring"}, follow=True)

    assert 'name="0:attr"' in added.content.decode()
    assert "People whose country is “DK”." in text_of(shown)
    assert "1 people" in text_of(shown)
    made = Segment.objects.get()
    assert (made.key, made.state, made.current.definition, made.members) == ("the-danes", "active", document(DANES), 1)
    assert (made.current.author, made.current.reason) == (made.owner, "spring")
    assert "Definition v1 is in use." in text_of(saved)


def test_a_broken_condition_says_so_beside_itself_and_is_not_saved():
    marketer = signed_in("Marketer")
    form = {"view": "lines", ":kind": "op", "0:kind": "event", "0:event": "", "0:goal": "x", "0:cmp": ">="}

    answer = marketer.post(
        reverse("admin:segments_segment_add"), form | {"act": "save", "title": "Broken", "reason": "why"}
    )

    assert "Write a whole number." in text_of(answer)
    assert not Segment.objects.exists()


def test_a_segment_needs_a_title_of_its_own_and_a_reason():
    segment(DANES, key="danes")
    marketer = signed_in("Marketer")
    form = {"view": "json", "json": '{"v": 1, "zone": "UTC", "rule": {"event": "Bought"}}', "act": "save"}

    taken = marketer.post(reverse("admin:segments_segment_add"), form | {"title": "Danes", "reason": "why"})
    nameless = marketer.post(reverse("admin:segments_segment_add"), form | {"title": " ", "reason": "why"})
    silent = marketer.post(reverse("admin:segments_segment_add"), form | {"title": "Buyers", "reason": " "})

    assert "There is a segment with the key “danes” already." in text_of(taken)
    assert "Give the segment a title" in text_of(nameless)
    assert "Say why the definition changes." in text_of(silent)
    assert Segment.objects.get().key == "danes"


@pytest.mark.parametrize(
    ("json", "said"),
    [
        ("{not json", "This is not JSON"),
        ("[]", "A definition is"),
        ('{"v": 1, "zone": "UTC", "rule": {"attr": "street", "is": "is_set"}}', "“street” is sealed"),
        ('{"v": 1, "zone": "UTC", "rule": {"op": "all", "of": [{"attr": "city"}]}}', "/rule/of/0 Missing: is."),
    ],
)
def test_json_is_checked_at_its_path(json, said):
    answer = signed_in("Marketer").post(
        reverse("admin:segments_segment_add"), {"view": "json", "json": json, "act": "update"}
    )

    assert said in text_of(answer)


def test_json_and_conditions_are_two_views_of_one_definition():
    marketer = signed_in("Marketer")
    danes = segment(DANES)

    as_lines = marketer.get(page_of(danes, "define"))
    as_json = marketer.get(page_of(danes, "define") + "?view=json")
    back = marketer.post(
        page_of(danes, "define"),
        {"view": "json", "act": "lines", "json": '{"v": 1, "zone": "UTC", "rule": {"event": "Seen"}}'},
    )

    assert 'name="0:attr"' in as_lines.content.decode()
    assert "&quot;attr&quot;: &quot;country&quot;" in as_json.content.decode()
    assert 'value="Seen"' in back.content.decode()


def test_the_script_gets_only_the_parts_that_change():
    answer = signed_in("Marketer").post(
        reverse("admin:segments_segment_add"), {"view": "lines", ":kind": "op", "act": "add||event", "fragment": "1"}
    )

    assert "<html" not in answer.content.decode()
    assert 'id="builder-rule"' in answer.content.decode()
    assert 'id="builder-told"' in answer.content.decode()


# --- The page of a segment ----------------------------------------------------------------------------------------


def test_the_page_shows_both_numbers_and_each_reason_leads_to_its_people():
    mail = destination()
    anna, bo, cai = (person(country="DK", email=f"a{number}@example.dk") for number in range(3))
    consents.say(anna, mail.purpose, channel="email", days_ago=2)
    consents.say(bo, mail.purpose, "ConsentRefused", channel="email", days_ago=2)
    danes = computed(DANES)
    marketer = signed_in("Marketer")

    page = marketer.get(page_of(danes))
    links = re.findall(r'href="([^"]+reason=(\w+))"', page.content.decode())
    behind = {
        reason: set(re.findall(r"prf_([0-9a-f-]{36})", marketer.get(link.replace("&amp;", "&")).content.decode()))
        for link, reason in links
    }

    assert "Reachable: Newsletter, e-mail 1 of 3" in text_of(page)
    assert behind == {"allowed": {str(anna)}, "consent_refused": {str(bo)}, "consent_missing": {str(cai)}}


def test_no_page_shows_a_personal_value_in_clear():
    mail = destination()
    anna = person(country="DK", email="planted@example.dk", first_name="Plantedname")
    consents.say(anna, mail.purpose, channel="email")
    danes = computed(DANES)
    done = activations.run(activations.request(segment=danes, destination=mail))
    steward = signed_in("Steward", "Lead steward", "Marketer")
    pages = [
        page_of(danes),
        page_of(danes, "people"),
        page_of(danes, "why") + f"?profile={anna}",
        reverse("admin:segments_activation_change", args=[done.pk]),
        reverse("admin:profiles_profile_change", args=[anna]) + "?tab=segments",
        *(
            reverse(f"admin:segments_{model}_changelist")
            for model in (
                "segment",
                "run",
                "membership",
                "deliveredperson",
                "activation",
                "reach",
                "destination",
                "segmentversion",
            )
        ),
    ]

    for page in pages:
        answer = steward.get(page)
        assert answer.status_code == 200, page
        assert "planted@" not in answer.content.decode(), page
        assert "Plantedname" not in answer.content.decode(), page


def test_why_finds_a_person_by_an_exact_value_and_shows_them_masked():
    anna = person(country="DK", email="anna@example.dk")
    did(anna, "Bought", days_ago=2)
    buyers = computed({"op": "all", "of": [DANES, {"event": "Bought"}]})
    marketer = signed_in("Marketer")

    found = marketer.get(page_of(buyers, "why") + "?profile=anna@example.dk")
    nobody = marketer.get(page_of(buyers, "why") + "?profile=nobody@example.dk")

    assert "member" in text_of(found) and "a•••@example.dk" in text_of(found)
    assert "who did “Bought”" in text_of(found)
    assert "Nobody, or more than one person, is known by this." in text_of(nobody)


def test_computing_and_archiving_are_acts_with_a_right():
    person(country="DK")
    danes = segment(DANES)
    marketer, steward = signed_in("Marketer"), signed_in("Steward")

    assert steward.post(page_of(danes, "compute")).status_code == 403
    assert steward.post(page_of(danes, "archive")).status_code == 403
    assert marketer.get(page_of(danes, "compute")).status_code == 405
    marketer.post(page_of(danes, "compute"))
    assert (Run.objects.get().state, Membership.objects.count()) == ("done", 1)
    marketer.post(page_of(danes, "archive"), {"reason": "over"})
    assert Segment.objects.get().state == "archived"


def test_title_and_pace_are_changed_with_their_history():
    danes = segment(DANES)
    marketer = signed_in("Marketer")

    marketer.post(page_of(danes, "describe"), {"title": "All Danes", "refresh_minutes": "15"})
    refused = marketer.post(page_of(danes, "describe"), {"title": " ", "refresh_minutes": ""}, follow=True)

    danes.refresh_from_db()
    assert (danes.title, danes.refresh_minutes) == ("All Danes", 15)
    assert danes.history.first().history_user_id is not None
    assert "Give the segment a title" in text_of(refused)


@pytest.mark.parametrize("minutes", ["0", "-5", "soon", "9999999999"])
def test_a_pace_that_is_none_is_refused_and_the_one_before_stays(minutes):
    danes = segment(DANES)
    marketer = signed_in("Marketer")
    marketer.post(page_of(danes, "describe"), {"title": "Danes", "refresh_minutes": "15"})

    refused = marketer.post(page_of(danes, "describe"), {"title": "Danes", "refresh_minutes": minutes}, follow=True)

    danes.refresh_from_db()
    assert danes.refresh_minutes == 15
    assert "Give whole minutes, at least one" in text_of(refused)


@pytest.mark.parametrize(
    "asked",
    [
        {"purpose": "newsletter", "channel": "pigeon", "reason": "allowed"},
        {"purpose": "nothing", "channel": "email", "reason": "allowed"},
        {"purpose": "newsletter", "channel": "email", "reason": "no_reason"},
    ],
)
def test_people_are_asked_for_by_a_reason_that_there_is(asked):
    destination()
    people = page_of(computed(DANES), "people")
    marketer = signed_in("Marketer")
    known = {"purpose": "newsletter", "channel": "email", "reason": "allowed"}

    assert "Newsletter, e-mail: Allowed." in text_of(marketer.get(people, known))
    assert marketer.get(people, asked).status_code == 404


def test_the_history_of_definitions_shows_what_changed_in_words():
    from segments.membership import definitions

    danes = segment({"attr": "country", "is": "in", "value": ["DK", "SE"]})
    definitions.activate(
        danes, document=document({"attr": "country", "is": "in", "value": ["DK", "NO"]}), reason="Norway", by=None
    )

    page = signed_in("Marketer").get(page_of(danes)).content.decode()

    assert '<del class="k-removed">“SE”.</del> <ins class="k-added">“NO”.</ins>' in page


# --- Activations --------------------------------------------------------------------------------------------------


def test_a_small_activation_is_written_at_once_and_fetched_by_one_who_may():
    mail = destination()
    anna = person(country="DK", email="anna@example.dk")
    consents.say(anna, mail.purpose, channel="email")
    danes = computed(DANES)
    marketer, lead = signed_in("Marketer"), signed_in("Lead steward")

    asked = marketer.post(page_of(danes, "send"), {"destination": mail.pk}, follow=True)
    file = reverse("admin:segments_activation_file", args=[Activation.objects.get().pk, "people.csv"])

    assert "people.csv" in text_of(asked)
    assert marketer.post(file).status_code == 403
    fetched = lead.post(file)
    assert b"anna@example.dk" in fetched.content
    assert fetched["Content-Disposition"] == 'attachment; filename="seg-people.csv"'
    assert "no-store" in fetched["Cache-Control"]


def test_a_file_that_may_not_leave_any_more_says_why_and_what_to_do():
    mail = destination()
    anna = person(country="DK", email="anna@example.dk")
    consents.say(anna, mail.purpose, channel="email", days_ago=1)
    first = activations.run(activations.request(segment=computed(DANES), destination=mail))
    lead = signed_in("Lead steward")
    file = reverse("admin:segments_activation_file", args=[first.pk, "people.csv"])
    page = reverse("admin:segments_activation_change", args=[first.pk])
    assert file in lead.get(page).content.decode()
    consents.say(anna, mail.purpose, "ConsentWithdrawn", channel="email")

    told = text_of(lead.post(file, follow=True))
    activations.run(activations.request(segment=first.segment, destination=mail))
    later = lead.get(page)

    assert "1 of the 1 people in this file may no longer be in it as it stands" in told
    assert file not in later.content.decode()
    assert "A later run of this segment to this destination has replaced the file." in text_of(later)


@pytest.mark.parametrize("chosen", ["", "no-id", "00000000-0000-7000-8000-000000000000"])
def test_a_destination_that_is_none_is_asked_for_again(chosen):
    told = signed_in("Marketer").post(page_of(computed(DANES), "send"), {"destination": chosen}, follow=True)

    assert "Choose a destination." in text_of(told)
    assert not Activation.objects.exists()


def test_a_large_activation_is_approved_by_another_than_who_asked(monkeypatch):
    monkeypatch.setattr(activations, "MOST_ALONE", 0)
    mail = destination()
    person(country="DK")
    danes = computed(DANES)
    both, other = signed_in("Marketer", "Lead steward"), signed_in("Lead steward")
    both.post(page_of(danes, "send"), {"destination": mail.pk})
    asked = Activation.objects.get()
    approve = reverse("admin:segments_activation_approve", args=[asked.pk])

    seen = other.get(reverse("admin:segments_activation_change", args=[asked.pk]))
    own = both.post(approve, follow=True)
    other.post(approve)
    asked.refresh_from_db()

    assert "People whose country is “DK”." in text_of(seen)
    assert "Would be left out now, and why" in text_of(seen) and "consent_missing 1" in text_of(seen)
    assert "You asked for this activation" in text_of(own)
    assert (asked.state, asked.approved_by.username != asked.requested_by.username) == ("approved", True)


def test_an_activation_is_cancelled_by_who_asked_or_by_an_approver():
    mail = destination()
    person(country="DK")
    asked = [activations.request(segment=computed(DANES), destination=mail, by=user())]
    asker, approver, other = signed_in("Marketer"), signed_in("Lead steward"), signed_in("Marketer")
    asker.post(page_of(asked[0].segment, "send"), {"destination": mail.pk})
    cancel = reverse("admin:segments_activation_cancel", args=[asked[0].pk])

    assert other.post(cancel, {"reason": "not mine"}).status_code == 403
    assert "Say why." in text_of(approver.post(cancel, {"reason": " "}, follow=True))
    approver.post(cancel, {"reason": "too soon"})

    asked[0].refresh_from_db()
    assert (asked[0].state, asked[0].error.partition(": ")[2]) == ("cancelled", "too soon")


def test_a_destination_takes_no_field_that_may_not_leave():
    mail = destination()
    admin = signed_in("Integration admin")
    fields = {"key": "other", "title": "Other", "kind": "csv", "purpose": mail.purpose_id, "channel": "email",
              "active": "on"}  # fmt: skip

    refused = admin.post(reverse("admin:segments_destination_add"), fields | {"fields": "email,shoe_size"})
    admin.post(reverse("admin:segments_destination_add"), fields | {"fields": "email,city"})

    assert "“shoe_size” cannot be sent" in text_of(refused)
    assert Destination.objects.get(key="other").fields == ["email", "city"]


@pytest.mark.parametrize("people", [1, 30])
def test_the_page_of_a_segment_asks_the_same_number_of_questions_for_one_or_many(people, django_assert_num_queries):
    destination()
    for _ in range(people):
        person(country="DK")
    danes = computed(DANES)
    marketer = signed_in("Marketer")
    marketer.get(page_of(danes))

    with django_assert_num_queries(QUERIES):
        marketer.get(page_of(danes))


QUERIES = 13


def test_delivered_people_are_told_by_segment_destination_person_and_the_reason_in_words(client):
    client.force_login(user(superuser=True))
    mail = destination()
    news = mail.purpose
    willing, silent = dane(1), dane(2)
    consents.say(willing, news, channel="email", days_ago=2)
    danes = computed(DANES)
    activations.run(activations.request(segment=danes, destination=mail))
    consents.say(willing, news, "ConsentWithdrawn", channel="email")
    activations.run(activations.request(segment=danes, destination=mail))

    shown = client.get(reverse("admin:segments_deliveredperson_changelist")).content.decode()

    assert shown.count(f"{danes.title} → {mail.title}") >= 5
    assert {reverse("admin:profiles_profile_change", args=[one]) in shown for one in (willing, silent)} == {True}
    assert str(REASONS["consent_missing"]) in shown
    assert str(REASONS["consent_withdrawn"]) in shown
    assert "consent_missing" not in shown
