"""Several writers at once: every decision is kept once, nobody waits in a circle, the record is the fold."""

import random

import pytest
from django.db import transaction

from consents.models import ConsentRecord, Ledger, Objection
from consents.overrides import objections
from consents.recording import ledger
from consents.state import verify
from profiles.identity import steward_decisions as steward
from tests import builders
from tests.at_once import at_once, outcomes_at_once
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db(transaction=True)


def test_yes_and_no_at_once_are_both_kept_and_the_record_is_their_fold():
    news, tries = consent.purpose(), 20
    for _ in range(tries):
        anna = person()
        moment = builders.now()
        answers = [consent.decision(anna, news, state, at=moment) for state in ("ConsentGiven", "ConsentWithdrawn")]

        at_once(*[lambda answer=answer: ledger.record([answer]) for answer in answers])

    assert Ledger.objects.count() == 2 * tries
    assert set(ConsentRecord.objects.values_list("state", flat=True)) == {"ConsentWithdrawn"}
    assert verify.differences() == []


def test_a_form_with_five_purposes_posted_twice_at_once_is_recorded_once():
    purposes = [consent.purpose(f"p{number}") for number in range(5)]
    people = [person() for _ in range(4)]
    for _ in range(10):
        form = [consent.decision(random.choice(people), purpose) for purpose in purposes]
        shuffled = random.sample(form, len(form))

        first, second = at_once(lambda form=form: ledger.record(form), lambda form=shuffled: ledger.record(form))

        assert sorted(first.positions) == sorted(second.positions)
        assert {(*first.replayed,), (*second.replayed,)} == {(False,) * 5, (True,) * 5}
    assert Ledger.objects.count() == 50
    assert verify.differences() == []


def test_one_id_for_two_people_at_once_is_recorded_for_one_and_refused_for_the_other():
    news, site = consent.purpose(), builders.source()
    for number in range(10):
        answers = [consent.decision(person(), news, source_event_id=f"e{number}") for _ in range(2)]
        objected = [
            lambda one=one, number=number: objections.object_to(
                profile=one.profile, source=site.code, source_event_id=f"e{number}"
            )
            for one in answers
        ]

        recorded = outcomes_at_once(*[lambda one=one: ledger.record([one]) for one in answers])

        assert recorded == outcomes_at_once(*objected) == ["done", "source_event_conflict"]
    assert (Ledger.objects.count(), Objection.objects.count()) == (10, 10)
    assert verify.differences() == []


def test_a_list_in_which_an_id_is_taken_at_the_same_moment_is_recorded_but_for_that():
    news = consent.purpose()
    for number in range(10):
        taken = consent.decision(person(), news, source_event_id=f"e{number}")
        others = [consent.decision(person(), news, source_event_id=event) for event in (f"e{number}", f"f{number}")]

        at_once(lambda one=taken: ledger.record_possible([one]), lambda some=others: ledger.record_possible(some))

    assert Ledger.objects.filter(source_event_id__startswith="e").count() == 10
    assert Ledger.objects.filter(source_event_id__startswith="f").count() == 10


def test_people_answer_while_they_are_merged_and_taken_apart():
    news = consent.purpose()
    pairs = [(person(), person()) for _ in range(6)]

    def answer(pair):
        for state in ("ConsentGiven", "ConsentWithdrawn", "ConsentGiven"):
            for somebody in pair:
                consent.say(somebody, news, state)

    def merge(pair):
        one, other = pair
        same = steward.same(identity=one.pk, other=other.pk, by=None, reason="same")
        steward.withdraw(decision=same, by=None, reason="not the same")

    for pair in pairs:
        at_once(lambda pair=pair: answer(pair), lambda pair=pair: merge(pair))

    assert Ledger.objects.count() == 6 * len(pairs)
    assert verify.differences() == []


def test_a_writer_that_dies_before_the_commit_leaves_nothing_and_may_try_again():
    news, anna = consent.purpose(), person()
    answer = consent.decision(anna, news)

    with pytest.raises(SystemExit), transaction.atomic():
        ledger.record([answer])
        raise SystemExit
    assert (Ledger.objects.count(), ConsentRecord.objects.count()) == (0, 0)

    assert ledger.record([answer]).replayed == [False]
    assert (Ledger.objects.count(), ConsentRecord.objects.count()) == (1, 1)
