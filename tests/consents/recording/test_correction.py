"""Corrections: asked for by one, decided by another, once, and about the same choice."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from cdp.base.errors import ReasonNeeded
from consents.errors import AlreadyAsked, NotRecorded, OtherChoice, OwnCorrection, UnknownEntry
from consents.models import ConsentRecord, CorrectionRequest, Ledger
from consents.recording import correction
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def entry():
    return consent.say(person(), consent.purpose())


def ask(entry, reason="wrong_person", by=None):
    return correction.request(entry=entry, reason_code=reason, by=by or builders.user())


def test_until_it_is_approved_the_entry_counts(entry):
    asked = ask(entry)
    assert ConsentRecord.objects.get().state == "ConsentGiven"

    officer = builders.user()
    correction.approve(asked=asked, by=officer)

    assert not ConsentRecord.objects.exists()
    corrected = Ledger.objects.get(supersedes=entry)
    assert (corrected.state, corrected.reason_code) == ("", "wrong_person")
    assert corrected.history_user_id == asked.requested_by_id
    assert corrected.history_change_reason == f"approved by {officer.pk}"


def test_a_refused_correction_leaves_the_entry_and_may_be_asked_again(entry):
    correction.refuse(asked=ask(entry), by=builders.user())

    assert ConsentRecord.objects.get().state == "ConsentGiven"
    assert ask(entry)


def test_nobody_decides_their_own_and_nobody_decides_twice(entry):
    clerk, officer = builders.user(), builders.user()
    asked = ask(entry, by=clerk)

    with pytest.raises(OwnCorrection):
        correction.approve(asked=asked, by=clerk)
    correction.approve(asked=asked, by=officer)
    for verb in (correction.approve, correction.refuse):
        with pytest.raises(AlreadyAsked):
            verb(asked=asked, by=officer)


def test_an_entry_is_doubted_once_with_a_reason_and_only_while_it_counts(entry):
    with pytest.raises(ReasonNeeded):
        ask(entry, reason=" ")
    with pytest.raises(UnknownEntry):
        ask(entry + 999)
    asked = ask(entry)
    with pytest.raises(AlreadyAsked):
        ask(entry)
    position = correction.approve(asked=asked, by=builders.user()).positions[0]
    for gone in (entry, position):
        with pytest.raises(UnknownEntry):
            ask(gone)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_doubt_an_entry_at_once_one_is_told_that_it_is_asked_for():
    clerks, news = (builders.user(), builders.user()), consent.purpose()
    for number in range(3):
        entry, start = consent.say(person(external_id=f"K-{number}"), news), Barrier(2)

        def doubt(clerk, entry=entry, start=start):
            start.wait()
            try:
                return ask(entry, by=clerk).entry
            except AlreadyAsked as refusal:
                return refusal.code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            answers = set(pool.map(doubt, clerks))

        assert answers == {entry, "already_asked"}


def test_the_table_itself_wants_two_people(entry):
    asked = ask(entry)

    with pytest.raises(IntegrityError, match="two_people"), transaction.atomic():
        CorrectionRequest.objects.filter(pk=asked.pk).update(
            decided_by=asked.requested_by, decided_at=timezone.now(), approved=True
        )
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CorrectionRequest.objects.filter(pk=asked.pk).update(entry=1)
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
        CorrectionRequest.objects.filter(pk=asked.pk).update(purpose=consent.purpose("other"))


def test_the_truth_is_about_the_same_person_and_choice(entry):
    false = Ledger.objects.get()
    news, bo = false.purpose, person()
    people = {"by": builders.user(), "approved_by": builders.user()}

    def with_truth(*about, **said):
        truth = consent.decision(*about, "ConsentRefused", **said)
        return correction.correct(entry=entry, reason_code="misread", truth=truth, **people)

    with pytest.raises(OtherChoice):
        with_truth(bo, news)
    with pytest.raises(OtherChoice):
        with_truth(false.identity_ref, news, channel="post")
    with pytest.raises(NotRecorded):
        with_truth(false.identity_ref, news, source="nowhere")
    with_truth(false.identity_ref, news)
    assert ConsentRecord.objects.get().state == "ConsentRefused"
