"""The screens of what people answered: what they show, what they refuse, and that each act goes through its verb."""

import pytest
from django.test import Client
from django.urls import reverse

from cdp.access import service_keys
from cdp.base.database.ids import uuid7
from consents.admin.person import as_of_form
from consents.models import (
    ConsentEvidence,
    ConsentRecord,
    CorrectionRequest,
    Ledger,
    NoticeVersion,
    Objection,
    Restriction,
)
from consents.overrides import objections, restrictions
from profiles.identity import steward_decisions
from profiles.models import AccessEntry, Identifier, WorkItem
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person
from tests.some import each

pytestmark = pytest.mark.django_db
GIVEN = "k-badge--good"
PLANTED = ["anna@example.dk", "Ågård", "+4520123456"]


def signed_in(*roles) -> Client:
    client = Client(raise_request_exception=True)
    client.force_login(builders.user(roles=roles))
    return client


@pytest.fixture
def officer():
    return signed_in("Compliance officer")


@pytest.fixture
def anna():
    return person(email="anna@example.dk", phone="+4520123456", full_name="Anna Ågård")


@pytest.fixture
def news():
    return consent.purpose()


def page(anna, place="history"):
    return reverse(f"admin:consents_person_{place.replace('-', '_')}", args=[anna.pk])


def at_address(profile, purpose, state="ConsentGiven", **said):
    return consent.say(profile, purpose, state, channel="email", contact=("email", "anna@example.dk"), **said)


def text(response) -> str:
    assert response.status_code == 200, response.status_code
    return response.content.decode()


# --- Reading --------------------------------------------------------------------------------------------------------


LISTS = ("consentrecord", "historicalconsentrecord", "objection")


def test_lists_and_pages_tell_no_personal_value(officer, anna, news):
    at_address(anna, news, days_ago=2)
    objections.object_to(profile=anna.pk, source="webshop", source_event_id="o1")
    record = ConsentRecord.objects.get()
    addresses = [
        *(
            reverse(f"admin:consents_{name}_changelist")
            for name in ("consentrecord", "historicalconsentrecord", "objection")
        ),
        reverse("admin:consents_consentrecord_change", args=[record.pk]),
        page(anna),
        page(anna, "record"),
        page(anna, "objection"),
        reverse("admin:profiles_profile_change", args=[anna.pk]) + "?tab=consents",
    ]

    for address in addresses:
        shown = text(officer.get(address))
        assert "A•••" in shown or "a•••@example.dk" in shown or "objection" in address
        assert not [value for value in PLANTED if value in shown], address
    assert not AccessEntry.objects.exists()


def test_the_history_shows_both_clocks_the_words_and_the_entry(officer, anna, news):
    consent.notice(news, key="w", text="Ja tak til <b>nyheder</b>")
    position = at_address(anna, news, notice=("w", "da", 1))

    shown = text(officer.get(page(anna)))

    assert "Ja tak til &lt;b&gt;nyheder" in shown
    assert f'id="entry-{position}"' in shown
    assert Ledger.objects.get().evidence_digest.hex() in shown
    assert NoticeVersion.objects.get(key="w").sha256 in shown
    assert "a form picture" not in shown


def test_the_history_shows_that_a_key_recorded_what_it_says_the_person_decided(officer, anna, news):
    key, _text = service_keys.issue(name="hall", scopes=["consents:write"])
    at_address(anna, news, by=key)

    shown = text(officer.get(page(anna)))

    assert "By the person, checkbox, through" in shown
    assert "recorded by service key hall" in shown


def test_a_moment_before_the_first_record_says_no_record(officer, anna, news):
    at_address(anna, news, days_ago=2)

    before = text(officer.get(page(anna), {"as_of": "2020-01-01T10:00:00"}))

    assert "Nothing had been recorded for this person by then" in before


def then(officer, anna, **asked) -> str:
    """What the page answers of a moment, without the list of all entries."""
    shown = text(officer.get(page(anna), asked))
    return shown[shown.index('id="then"') : shown.index('id="entries"')]


def test_a_moment_is_answered_by_what_was_known_then_unless_asked_otherwise(officer, anna, news):
    at_address(anna, news, days_ago=2)
    moment, now = builders.days_ago(1).isoformat(), builders.now().isoformat()

    alone = then(officer, anna, as_of=moment)
    late = then(officer, anna, as_of=moment, known_at=now)
    early = then(officer, anna, as_of=now, known_at=moment)

    assert [GIVEN in shown for shown in (alone, late, early)] == [False, True, False]
    assert "as far as it was known at that moment" in alone
    assert "as far as it was known on" in late
    assert f"known_at={as_of_form.written(builders.now())[:10]}" in alone


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"as_of": "not a moment"}, "This is no moment."),
        ({"as_of": "2026-13-01 10:00"}, "This is no moment."),
        ({"as_of": "0001-01-01 00:00"}, "This is no moment."),
        ({"as_of": "2026-01-01 10:00", "known_at": "yesterday"}, "This is no moment."),
        ({"as_of": "2099-01-01 10:00"}, "This moment has not come"),
        ({"as_of": "2026-01-01 10:00", "known_at": "2099-01-01"}, "This moment has not come"),
    ],
)
def test_a_moment_that_cannot_be_answered_is_told_and_nothing_shown_in_its_place(officer, anna, news, asked, sentence):
    at_address(anna, news, days_ago=2)

    shown = then(officer, anna, **asked)

    assert sentence in shown
    assert GIVEN not in shown
    assert all(f'value="{value}"' in shown for value in each(asked.values()))


@pytest.mark.parametrize(
    ("typed", "told", "value"),
    [
        ("2026-03-29 02:30", "2026-03-29 03:30 (CEST)", "2026-03-29 03:30:00"),
        ("2026-03-29 01:30", "2026-03-29 01:30 (CET)", "2026-03-29 01:30:00"),
        ("2025-10-26 02:30", "2025-10-26 02:30 (CEST)", "2025-10-26 02:30:00"),
        ("2025-10-26 02:30+01:00", "2025-10-26 02:30 (CET)", "2025-10-26 02:30:00+0100"),
    ],
)
def test_an_hour_that_the_clock_skipped_or_passed_twice_is_told_with_its_zone(officer, anna, typed, told, value):
    shown = then(officer, anna, as_of=typed)

    assert told in shown
    assert f'value="{value}"' in shown
    assert f'value="{value}"' in then(officer, anna, as_of=value)


def test_an_id_that_was_merged_away_leads_to_the_present_history(officer, anna, news):
    other = person()
    steward_decisions.same(identity=anna.pk, other=other.pk, by=None, reason="same")
    old, new = max(anna.pk, other.pk), min(anna.pk, other.pk)

    answer = officer.get(reverse("admin:consents_person_history", args=[old]))

    assert answer.url == reverse("admin:consents_person_history", args=[new])
    assert officer.get(reverse("admin:consents_person_history", args=[uuid7()])).status_code == 404


def test_the_history_page_of_a_record_is_the_ledger_of_its_choice(officer, anna, news):
    at_address(anna, news)
    record = ConsentRecord.objects.get()

    answer = officer.get(reverse("admin:consents_consentrecord_history", args=[record.pk]))

    assert answer.url == page(anna) + "?purpose=newsletter&channel=email#entries"


def test_a_record_says_what_follows_from_it(officer, anna, news):
    at_address(anna, news, "ConsentWithdrawn")

    shown = text(officer.get(reverse("admin:consents_consentrecord_change", args=[ConsentRecord.objects.get().pk])))

    assert "May not be used now." in shown
    assert "The person has withdrawn the consent." in shown


@pytest.mark.parametrize("count", [1, 5])
def test_lists_cost_as_many_statements_for_one_row_as_for_many(officer, news, count, django_assert_max_num_queries):
    for number in range(count):
        consent.say(person(email=f"p{number}@example.dk"), news)

    for name in ("consentrecord", "historicalconsentrecord"):
        with django_assert_max_num_queries(16):
            text(officer.get(reverse(f"admin:consents_{name}_changelist")))


def test_what_has_run_out_is_found_as_expired(officer, anna, news):
    yearly = consent.purpose("yearly", valid_months=12)
    consent.say(anna, yearly, days_ago=500)
    consent.say(anna, news)
    address = reverse("admin:consents_consentrecord_changelist")

    def found(state):
        shown = officer.get(address, {"state": state}).context["cl"].result_list
        return [record.purpose.key for record in shown]

    assert (found("ConsentExpired"), found("ConsentGiven")) == (["yearly"], ["newsletter"])


# --- Nothing can be edited ------------------------------------------------------------------------------------------


def test_evidence_and_projection_cannot_be_changed_by_anyone(anna, news):
    at_address(anna, news)
    objections.object_to(profile=anna.pk, source="webshop", source_event_id="o1")
    restrictions.restrict(profile=anna.pk, reason_code="x")
    root = Client()
    root.force_login(builders.user(superuser=True))
    rows = {
        "consentrecord": ConsentRecord.objects.get(),
        "historicalconsentrecord": Ledger.objects.get(),
        "objection": Objection.objects.get(),
        "restriction": Restriction.objects.get(),
    }

    for name, row in rows.items():
        before = list(type(row).objects.values())
        assert root.get(reverse(f"admin:consents_{name}_add")).status_code == 403
        assert root.post(reverse(f"admin:consents_{name}_delete", args=[row.pk])).status_code == 403
        root.post(reverse(f"admin:consents_{name}_change", args=[row.pk]), {"state": "ConsentGiven"})
        assert list(type(row).objects.values()) == before


# --- Recording ------------------------------------------------------------------------------------------------------


def entry(anna, news, **fields) -> dict:
    """What staff fill in."""
    said = {
        "event": str(uuid7()),
        "state": "ConsentWithdrawn",
        "purpose": str(news.pk),
        "channel": "email",
        "contact": str(Identifier.objects.get(namespace__code="email", identity__profile=anna).blind),
        "effective_at": "2026-03-01T10:00",
        "method": "spoken",
        "evidence": "call 4711",
    }
    return said | fields


def test_staff_record_what_a_person_said_with_what_proves_it(officer, anna, news):
    said = entry(anna, news)

    first, again = (officer.post(page(anna, "record"), said) for _ in range(2))

    assert first.url == again.url == page(anna)
    recorded = Ledger.objects.get()
    assert (recorded.state, recorded.actor_kind, recorded.source.code) == ("ConsentWithdrawn", "staff", "steward")
    assert recorded.effective_at.isoformat() == "2026-03-01T09:00:00+00:00"
    assert (recorded.contact_ref is not None, ConsentEvidence.objects.count()) == (True, 1)


def test_a_consent_entered_by_staff_needs_words_place_and_evidence(officer, anna, news):
    refused = officer.post(page(anna, "record"), entry(anna, news, state="ConsentGiven", evidence=""))
    also = officer.post(page(anna, "record"), entry(anna, news, state="ConsentGiven"))

    assert set(refused.context["form"].errors) == {"evidence"}
    assert set(also.context["form"].errors) == {"notice", "collection_point"}
    assert not Ledger.objects.exists()


def test_the_banner_of_an_objection_names_what_a_later_consent_opened_again(officer, anna, news):
    consent.purpose("offers")
    objections.object_to(
        profile=anna.pk, source=builders.source().code, source_event_id="o1", effective_at=builders.days_ago(2)
    )
    pages = (page(anna), reverse("admin:profiles_profile_change", args=[anna.pk]) + "?tab=consents")
    before = [text(officer.get(address)) for address in pages]

    at_address(anna, news, days_ago=1)

    assert all("The person objects to direct marketing" in shown for shown in before)
    assert not [shown for shown in before if "It no longer holds for" in shown]
    for address in pages:
        shown = text(officer.get(address))
        assert "The person objects to direct marketing" in shown
        assert "It no longer holds for Newsletter: the person agreed" in shown


def test_an_objection_is_recorded_and_taken_back_with_a_reason(officer, anna):
    said = {"event": "e1", "purpose": "", "effective_at": "2026-03-01T10:00", "reason_code": "call 4711"}

    officer.post(page(anna, "objection"), said)
    assert objections.objects(anna.pk)

    officer.post(page(anna, "take-back"), {"event": "e2", "reason": "call 4712"})
    assert not objections.objects(anna.pk)
    assert list(Objection.objects.order_by("pk").values_list("lifted", "reason_code")) == [
        (False, "call 4711"),
        (True, "call 4712"),
    ]


def test_processing_is_restricted_and_released(officer, anna):
    for act in ("restrict", "release"):
        officer.post(page(anna, "restriction"), {"act": act, "reason_code": "accuracy disputed"})

    assert list(Restriction.objects.order_by("pk").values_list("lifted", flat=True)) == [False, True]


def test_no_reason_is_cut(officer, anna, news):
    position, long = at_address(anna, news), "a reason that is much longer than forty characters"
    objections.object_to(profile=anna.pk, source=builders.source().code, source_event_id="o1")

    for place, said in (
        ("restriction", {"act": "restrict", "reason_code": long}),
        ("take-back", {"event": "e1", "reason": long}),
        ("doubt", {"entry": position, "reason": long}),
    ):
        assert "Say why in at most 40 characters." in text(officer.post(page(anna, place), said, follow=True))
    assert (Restriction.objects.count(), Objection.objects.count(), CorrectionRequest.objects.count()) == (0, 1, 0)


def test_a_restriction_asked_for_twice_stands(officer, anna):
    """As two who have the page open at once, or one who presses twice."""
    for _ in range(2):
        officer.post(page(anna, "restriction"), {"act": "restrict", "reason_code": "accuracy disputed"})

    assert restrictions.is_restricted(anna.pk)
    assert officer.post(page(anna, "restriction"), {"reason_code": "neither"}).status_code == 404


def test_an_entry_of_the_ledger_names_its_person_to_nobody_without_the_right(anna, news):
    at_address(anna, news)
    address = reverse("admin:consents_historicalconsentrecord_change", args=[Ledger.objects.get().pk])

    assert signed_in("Compliance officer").get(address).url.startswith(page(anna))
    assert signed_in().get(address).status_code == 403


# --- Proof ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "begins"), [("pdf", b"%PDF-"), ("csv", "\ufeff".encode())])
def test_proof_is_made_with_a_reason_and_logged(officer, anna, news, kind, begins):
    at_address(anna, news)

    without = officer.post(page(anna, "proof"), {"format": kind, "reason": " "})
    made = officer.post(page(anna, "proof"), {"format": kind, "reason": "complaint 12"})

    assert without.url == page(anna)
    assert made.content.startswith(begins)
    assert "attachment" in made["Content-Disposition"]
    logged = AccessEntry.objects.filter(action="prove_consent")
    assert {(one.purpose, tuple(one.identities)) for one in logged} == {("complaint 12", (anna.pk,))}


def test_evidence_opens_only_with_a_reason_and_only_for_its_person(officer, anna, news):
    at_address(anna, news, evidence=b"call 4711")
    key = Ledger.objects.get().pk
    address = reverse("admin:consents_person_evidence", args=[anna.pk, key])

    assert officer.post(address, {"reason": ""}).url == page(anna)
    assert officer.post(address, {"reason": "complaint"}).content == b"call 4711"
    of_another = reverse("admin:consents_person_evidence", args=[person().pk, key])
    assert officer.post(of_another, {"reason": "complaint"}).status_code == 404
    assert list(AccessEntry.objects.values_list("action", "purpose")) == [("read_evidence", "complaint")]


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("Compliance officer", {"record", "objection", "take-back", "restriction", "proof"}),
        ("Steward", {"record"}),
        ("Auditor", set()),
        ("Marketer", set()),
    ],
)
def test_each_act_needs_its_right(role, allowed, anna):
    client = signed_in(role)

    answers = {
        place: client.post(page(anna, place), {}).status_code
        for place in ("record", "objection", "take-back", "restriction", "proof")
    }

    assert {place for place, code in answers.items() if code != 403} == allowed


# --- Correction ------------------------------------------------------------------------------------------------------


def test_a_false_entry_is_corrected_by_two_people(officer, anna, news):
    position, clerk = at_address(anna, news), signed_in("Steward")

    clerk.post(page(anna, "doubt"), {"entry": position, "reason": "wrong person"})
    asked = CorrectionRequest.objects.get()
    address = reverse("admin:consents_person_correction", args=[anna.pk, asked.pk])
    assert "wrong person" in text(officer.get(page(anna)))
    assert clerk.post(address, {"verdict": "approve"}).status_code == 403
    assert ConsentRecord.objects.get().state == "ConsentGiven"

    officer.post(address, {"verdict": "approve"})
    assert not ConsentRecord.objects.exists()
    assert WorkItem.objects.get(kind="consent_correction").state == "done"


def test_nobody_corrects_what_they_asked_for_or_what_is_another_persons(officer, anna, news):
    position, other = at_address(anna, news), consent.say(person(), news)

    officer.post(page(anna, "doubt"), {"entry": position, "reason": "x"})
    address = reverse("admin:consents_person_correction", args=[anna.pk, CorrectionRequest.objects.get().pk])
    answer = officer.post(address, {"verdict": "approve"}, follow=True)

    assert "nobody approves their own" in text(answer)
    assert officer.post(page(anna, "doubt"), {"entry": other, "reason": "x"}).status_code == 404
    assert ConsentRecord.objects.filter(profile=anna).get().state == "ConsentGiven"
