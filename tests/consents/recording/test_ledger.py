"""The door into the ledger: what is refused and why, what happens once only, what can never be changed."""

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from django.db import IntegrityError, connection, transaction

from cdp.base.database.sql import execute, rows
from consents.errors import NotRecorded, SaidOtherwise
from consents.models import CollectionPoint, ConsentEvidence, ConsentRecord, ContactPoint, Controller, Ledger
from consents.recording import evidence, ledger
from profiles import vault
from profiles.models import AccessEntry
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db
BEGINNING, SECOND = datetime(1970, 1, 1, tzinfo=UTC), timedelta(seconds=1)


def refusals(*decisions) -> set[tuple[str, str]]:
    """Field and code of everything that is wrong."""
    return {(one.violation.field, one.violation.code) for one in ledger.check(decisions)}


def test_a_decision_stands_in_the_ledger_with_both_clocks_and_is_folded():
    news, anna, clerk = consent.purpose(valid_months=24), person(), builders.user()
    acted = builders.days_ago(1)

    position = consent.say(anna, news, at=acted, by=clerk)

    entry, record = Ledger.objects.get(), ConsentRecord.objects.get()
    assert (entry.pk, entry.identity_ref, entry.effective_at) == (position, anna.pk, acted)
    assert entry.recorded_at == entry.history_date > acted
    assert (entry.history_type, entry.history_user_id, entry.trust) == ("+", clerk.pk, "subject_direct")
    assert (record.profile_id, record.ledger_position, record.state) == (anna.pk, position, "ConsentGiven")
    assert list(record.history.all()) == [entry]


def test_every_fault_of_a_decision_is_named_at_its_place():
    news = consent.purpose()
    other = consent.notice(consent.purpose("other"), key="other")
    consent.point(key="elsewhere")
    anna = person()

    def faults(**changes):
        return refusals(consent.decision(anna, news, **changes))

    assert faults() == set()
    assert faults(at=datetime(2026, 3, 1, 10), state="ConsentWithdrawn") == {("effective_at", "naive_time")}
    assert faults(at=builders.now() + timedelta(hours=1)) == {("effective_at", "in_the_future")}
    assert faults(at=builders.now() + timedelta(minutes=2)) == set()
    assert faults(at=BEGINNING - SECOND, state="ConsentWithdrawn") == {("effective_at", "time_out_of_range")}
    assert faults(at=BEGINNING, state="ConsentWithdrawn") == set()
    assert faults(days_ago=31, evidence=None) == {("evidence", "late_without_evidence")}
    assert faults(days_ago=31, evidence=None, state="ConsentWithdrawn") == set()
    assert faults(state="yes") == {("state", "unknown_term")}
    assert faults(channel="fax") == {("channel", "unknown_term")}
    assert faults(source="nowhere") == {("source", "unknown_source")}
    assert faults(source_event_id=" ") == {("source_event_id", "missing")}
    assert faults(controller="nobody") == {("controller", "unknown_controller")}
    assert faults(notice=None) == {("notice", "missing")}
    assert faults(notice=("none", "da", 1)) == {("notice", "unknown_notice")}
    assert faults(notice=(other.key, "da", 1)) == {("notice", "notice_does_not_cover")}
    assert faults(language="sv") == {("language", "other_language")}
    assert faults(collection_point="") == {("collection_point", "missing")}
    assert faults(collection_point="nowhere") == {("collection_point", "unknown_point")}
    assert faults(collection_point="elsewhere") == {("collection_point", "may_not_ask")}
    assert faults(actor_kind="staff", evidence=None) == {("evidence", "evidence_needed")}
    assert faults(channel="email", contact=("email", "nonsense")) == {("contact", "not_a_contact_point")}
    assert faults(channel="sms", contact=("email", "a@example.dk")) == {("contact", "other_channel")}
    assert faults(contact=("customer_no", "K1")) == {("contact", "not_a_contact_point")}
    assert refusals(consent.decision(uuid4(), news)) == {("profile", "unknown_person")}


def test_a_closed_purpose_and_point_take_no_consent_but_still_a_withdrawal():
    closed = consent.purpose("closed")
    at = consent.decision(person(), closed)
    closed.active = False
    closed.save()

    assert refusals(at) == {("purpose", "purpose_closed")}
    assert refusals(consent.decision(at.profile, closed, "ConsentWithdrawn")) == set()


def test_words_count_only_while_they_were_in_use():
    news = consent.purpose()
    consent.notice(news, key="w", since=builders.days_ago(10))
    consent.notice(news, key="w", since=builders.days_ago(5))
    anna = person()

    def faults(version, days_ago):
        return refusals(consent.decision(anna, news, days_ago=days_ago, notice=("w", "da", version)))

    too_early_or_late = {("notice", "notice_not_in_use")}
    assert (faults(1, 11), faults(1, 6), faults(1, 4)) == (too_early_or_late, set(), too_early_or_late)
    assert (faults(2, 6), faults(2, 4)) == (too_early_or_late, set())


def test_special_categories_take_only_an_explicit_consent():
    health, anna = consent.purpose("health", special_category=True), person()

    assert refusals(consent.decision(anna, health)) == {("consent_type", "explicit_needed")}
    assert refusals(consent.decision(anna, health, consent_type="ExplicitlyExpressedConsent")) == set()


def test_one_fault_refuses_all_and_says_where():
    news, anna = consent.purpose(), person()
    decisions = [consent.decision(anna, news), consent.decision(anna, news, collection_point="nowhere")]

    with pytest.raises(NotRecorded) as refused:
        ledger.record(decisions)

    assert [(error["pointer"], error["code"]) for error in refused.value.errors] == [
        ("/1/collection_point", "unknown_point")
    ]
    assert (Ledger.objects.count(), ConsentRecord.objects.count()) == (0, 0)


def test_a_person_is_found_by_an_identifier_unless_it_is_shared():
    news = consent.purpose()
    anna = person(email="anna@example.dk", first_name="Anna")
    for name in ("Bo", "Carla"):
        say(email="shop@example.dk", first_name=name)

    found = consent.say(None, news, identifier=("email", " Anna@Example.dk "))
    shared = refusals(consent.decision(None, news, identifier=("email", "shop@example.dk")))
    nobody = refusals(consent.decision(None, news, identifier=("email", "nobody@example.dk")))

    assert Ledger.objects.get(pk=found).identity_ref == anna.pk
    assert shared == {("identifier", "ambiguous_person")}
    assert nobody == {("identifier", "unknown_person")}


def test_a_source_record_of_somebody_else_is_refused():
    news, anna, bo = consent.purpose(), person(), person()
    record = bo.identities.get().records.get().pk

    assert refusals(consent.decision(anna, news, record=record)) == {("record", "other_person")}
    assert refusals(consent.decision(bo, news, record=record)) == set()


def test_the_same_event_again_is_one_decision():
    news, anna = consent.purpose(), person()
    one = consent.decision(anna, news)

    first, again = ledger.record([one]), ledger.record([one, one])

    assert first.replayed == [False]
    assert (again.positions, again.replayed) == (first.positions * 2, [True, True])
    assert Ledger.objects.count() == 1


def test_the_same_event_with_another_body_is_a_conflict():
    news, anna = consent.purpose(), person()
    consent.say(anna, news, source_event_id="form-1")
    other = consent.decision(anna, news, "ConsentRefused", source_event_id="form-1")

    with pytest.raises(SaidOtherwise) as refused:
        ledger.record([consent.decision(anna, news), other])

    assert [error["pointer"] for error in refused.value.errors] == ["/1/source_event_id"]
    assert Ledger.objects.count() == 1


def test_a_later_decision_of_the_same_choice_changes_the_one_record():
    news, anna = consent.purpose(), person()
    consent.say(anna, news, days_ago=2)
    consent.say(anna, news, "ConsentWithdrawn", days_ago=1)

    assert [entry.history_type for entry in Ledger.objects.order_by("pk")] == ["+", "~"]
    assert ConsentRecord.objects.get().state == "ConsentWithdrawn"


@pytest.mark.parametrize(
    ("given", "ends"),
    [
        ("2024-02-29T12:00:00+01:00", "2026-03-01T00:00:00+01:00"),
        ("2024-03-31T12:00:00+02:00", "2026-04-01T00:00:00+02:00"),
        ("2024-06-15T23:30:00+00:00", "2026-06-17T00:00:00+02:00"),
    ],
)
def test_a_validity_ends_with_the_local_day_of_the_same_number(given, ends, settings):
    assert settings.TIME_ZONE == "Europe/Copenhagen"
    news = consent.purpose(valid_months=24)

    consent.say(person(), news, at=datetime.fromisoformat(given))

    assert ConsentRecord.objects.get().validity_until == datetime.fromisoformat(ends)


def test_the_first_step_of_a_double_opt_in_is_a_question_and_the_link_confirms_it_once():
    news, anna = consent.purpose(), person()
    site = consent.point(news, key="double", needs_double_opt_in=True)

    def answer(**said):
        return consent.decision(anna, news, collection_point=site.key, **said)

    assert refusals(answer(method="link")) == {("method", "nothing_to_confirm")}
    ledger.record([answer(days_ago=10)])
    asked = ConsentRecord.objects.get()
    assert (asked.state, asked.doi_pending) == ("ConsentRequested", True)

    confirmation = answer(method="link")
    ledger.record([confirmation])

    assert ConsentRecord.objects.get().state == "ConsentGiven"
    assert ledger.record([confirmation]).replayed == [True]
    assert refusals(answer(method="link")) == {("method", "nothing_to_confirm")}


@pytest.fixture
def double():
    """A purpose, and a place that asks for it and waits for a link to be followed."""
    news = consent.purpose()
    return news, consent.point(news, key="double", needs_double_opt_in=True).key


ASKED_ABOUT = {"channel": "email", "contact": ("email", "a@example.dk")}


@pytest.mark.parametrize(
    "other",
    [
        {"contact": ("email", "b@example.dk")},
        {"contact": None},
        {"channel": "none", "contact": None},
        {"controller": "brand"},
        {"purpose": "offers"},
    ],
    ids=str,
)
def test_a_link_confirms_exactly_what_was_asked_and_nothing_beside_it(double, other):
    news, site = double
    offers, anna = consent.purpose("offers"), person(email="a@example.dk")
    words, _site = consent.notice(news, offers), CollectionPoint.objects.get(key=site).purposes.add(offers)
    Controller.objects.create(key="brand", name="Brand")
    shown = {"collection_point": site, "notice": (words.key, words.language, words.version)}
    consent.say(anna, news, days_ago=1, **shown, **ASKED_ABOUT)
    followed = {"method": "link", **shown, **ASKED_ABOUT, **other}
    about = offers if followed.pop("purpose", None) else news

    assert refusals(consent.decision(anna, about, **followed)) == {("method", "nothing_to_confirm")}
    assert refusals(consent.decision(anna, news, method="link", **shown, **ASKED_ABOUT)) == set()
    written_otherwise = ASKED_ABOUT | {"contact": ("email_verified", " A@Example.dk")}
    assert refusals(consent.decision(anna, news, method="link", **shown, **written_otherwise)) == set()


def test_of_two_addresses_that_wait_each_link_confirms_its_own(double):
    (news, site), anna = double, person(email="a@example.dk")
    for address in ("a@example.dk", "b@example.dk"):
        asked = {"channel": "email", "contact": ("email", address), "collection_point": site}
        consent.say(anna, news, days_ago=20 if address < "b" else 1, **asked)

    def follow(address):
        said = {"channel": "email", "contact": ("email", address), "collection_point": site, "method": "link"}
        return refusals(consent.decision(anna, news, **said))

    assert follow("a@example.dk") == {("method", "nothing_to_confirm")}  # too old
    assert follow("b@example.dk") == set()


def test_a_link_is_not_followed_before_it_was_sent(double):
    (news, site), anna, asked = double, person(), builders.days_ago(2)
    consent.say(anna, news, at=asked, collection_point=site)

    def follow(moment):
        return refusals(consent.decision(anna, news, at=moment, collection_point=site, method="link"))

    assert follow(asked - SECOND) == {("method", "nothing_to_confirm")}
    assert follow(asked) == set()


def test_a_link_confirms_only_for_so_long():
    news, anna = consent.purpose(), person()
    site = consent.point(news, key="double", needs_double_opt_in=True)
    consent.say(anna, news, collection_point=site.key, days_ago=15)

    late = consent.decision(anna, news, collection_point=site.key, method="link")

    assert refusals(late) == {("method", "nothing_to_confirm")}


def test_what_was_recorded_in_time_may_be_sent_again_later(settings):
    news, anna = consent.purpose(), person()
    one = consent.decision(anna, news, days_ago=20, evidence=None)
    ledger.record([one])
    settings.KENDT_EVIDENCE_REQUIRED_AFTER = timedelta(days=1)
    news.active = False
    news.save()

    assert ledger.record([one]).replayed == [True]
    assert refusals(consent.decision(anna, news, days_ago=20, evidence=None)) == {
        ("evidence", "late_without_evidence"),
        ("purpose", "purpose_closed"),
    }


def test_an_address_stands_in_the_ledger_by_a_random_id_only():
    news, anna = consent.purpose(), person(email="anna@example.dk")

    consent.say(anna, news, channel="email", contact=("email", "Anna@example.dk"))
    consent.say(anna, news, "ConsentWithdrawn", channel="email", contact=("email_verified", "anna@example.dk"))

    entries = Ledger.objects.all()
    assert {entry.contact_ref for entry in entries} == {ContactPoint.objects.values_list("ref", flat=True)[0]}
    whole = str(rows("SELECT l::text FROM consents_historicalconsentrecord l")).lower()
    blinds = [vault.blind(code, "anna@example.dk") for code in ("email", "email_verified")]
    digests = {written for blind in blinds for written in (blind.hex, str(blind))}
    assert not [told for told in {"anna@example", *digests} if told in whole]


def test_evidence_is_sealed_and_its_reading_is_logged():
    news, anna, officer = consent.purpose(), person(), builders.user()

    consent.say(anna, news, evidence=b"called +45 20 12 34 56", evidence_type="text/plain")

    kept = ConsentEvidence.objects.get()
    entry = Ledger.objects.get(pk=kept.entry)
    assert entry.evidence_digest == hashlib.sha256(kept.sealed).digest()
    assert b"20 12" not in bytes(kept.sealed)
    assert evidence.read(entry, by=officer, purpose="complaint") == b"called +45 20 12 34 56"
    assert list(AccessEntry.objects.values_list("actor", "action", "identities", "fields")) == [
        (officer.pk, "read_evidence", [anna.pk], ["evidence"])
    ]


@pytest.mark.parametrize("content", [b"\x89PNG\r\n\x1a\n\x00\xff", b"\x00 as no text begins", "også på æøå".encode()])
def test_evidence_of_any_bytes_comes_back_as_it_was(content):
    anna, news = person(), consent.purpose()
    consent.say(anna, news, evidence=content)

    assert evidence.read(Ledger.objects.get(), by=builders.user(), purpose="complaint") == content


# --- What can never be changed -------------------------------------------------------------------------------------


LEDGER, RECORD = "consents_historicalconsentrecord", "consents_consentrecord"


@pytest.mark.parametrize("table", [LEDGER, RECORD])
@pytest.mark.parametrize(
    "attempt",
    [
        "UPDATE {} SET state = 'ConsentGiven'",
        "UPDATE {} SET channel = channel",
        "DELETE FROM {}",
        "TRUNCATE {} CASCADE",
    ],
)
def test_the_database_refuses_what_would_change_history(table, attempt):
    consent.say(person(), consent.purpose(), "ConsentRefused")
    execute("SET CONSTRAINTS ALL IMMEDIATE")

    with pytest.raises(IntegrityError, match="is refused"), transaction.atomic():
        execute(attempt.format(table))


def test_the_models_refuse_it_as_well():
    consent.say(person(), consent.purpose())
    record, entry = ConsentRecord.objects.get(), Ledger.objects.get()
    entry.state = "ConsentWithdrawn"

    for attempt in (
        record.save,
        record.delete,
        lambda: ConsentRecord.objects.all().update(state="ConsentGiven"),
        lambda: ConsentRecord.objects.all().delete(),
        lambda: ConsentRecord.objects.create(pk=uuid4()),
        lambda: ConsentRecord.objects.bulk_create([record]),
        lambda: ConsentRecord.objects.bulk_update([record], ["state"]),
    ):
        with pytest.raises(TypeError, match="folded from its ledger"):
            attempt()
    for attempt in (entry.save, entry.delete, Ledger.objects.all().delete, lambda: Ledger.objects.update(state="")):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            attempt()


def test_the_clock_of_the_ledger_is_the_databases():
    consent.say(person(), consent.purpose())
    past = datetime(2001, 1, 1, tzinfo=UTC)

    execute(
        f"INSERT INTO {LEDGER} SELECT (jsonb_populate_record(l, jsonb_build_object('history_id', 99, "
        f"'source_event_id', 'forged', 'history_date', %s::text, 'recorded_at', %s::text))).* FROM {LEDGER} l",
        [past, past],
    )

    forged = Ledger.objects.get(pk=99)
    assert forged.history_date == forged.recorded_at > builders.days_ago(1)


def test_nothing_else_in_the_transaction_can_write_the_record_after_a_fold():
    consent.say(person(), consent.purpose())

    with connection.cursor() as cursor:
        cursor.execute("SELECT current_setting('kendt.folding', true)")
        assert cursor.fetchone() == ("",)
