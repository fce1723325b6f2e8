"""What stewards decide: merged, told apart, undone; refused with a sentence where it may not be."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from time import sleep

import pytest
from django.db import connection

from cdp.base.database.ids import uuid7
from cdp.base.errors import ReasonNeeded
from profiles.identity import fold_expired, steward_decisions
from profiles.models import Profile, RefusedLink, SharedIdentifier, SourceIdentity, StewardDecision
from tests.builders import days_ago, now, source, user
from tests.profiles.building import person, say

pytestmark = pytest.mark.django_db
WHY = {"reason": "seen on the phone", "by": None}


def two_customers(**said):
    """Two customer numbers, which no rule joins."""
    return person(external_id="C1", **said), person(external_id="C2", **said)


def present():
    return dict(SourceIdentity.objects.values_list("pk", "profile"))


def test_a_steward_joins_what_the_rule_refuses_and_the_older_id_stays():
    anna, again = two_customers(email="anna@example.dk")
    steward = user()

    decision = steward_decisions.same(identity=again.pk, other=anna.pk, reason="same passport", by=steward)

    assert present() == {anna.pk: anna.pk, again.pk: anna.pk}
    assert (decision.decided_by, decision.reason) == (steward, "same passport")
    assert RefusedLink.objects.count() == 0


def test_deciding_twice_changes_nothing():
    anna, again = two_customers()
    first = steward_decisions.same(identity=anna.pk, other=again.pk, **WHY)

    assert steward_decisions.same(identity=again.pk, other=anna.pk, **WHY) == first
    assert StewardDecision.objects.count() == 1


def test_undoing_a_merge_brings_the_old_id_back():
    anna, again = two_customers()
    before = present()
    decision = steward_decisions.same(identity=anna.pk, other=again.pk, **WHY)

    steward_decisions.withdraw(decision=decision, **WHY)

    assert present() == before
    assert set(Profile.objects.values_list("pk", "identity_count")) == {(anna.pk, 1), (again.pk, 1)}


def test_people_told_apart_are_joined_by_no_later_record():
    anna = person(external_id="C1", email="anna@example.dk")
    again = person(source=source("till", namespace="loyalty_no"), external_id="L1", phone="20123456")
    steward_decisions.not_same(identity=anna.pk, other=again.pk, **WHY)

    person(source=source("app", namespace="user_id"), external_id="a", email="anna@example.dk", phone="20123456")

    assert present()[anna.pk] != present()[again.pk]
    assert set(RefusedLink.objects.values_list("reason", flat=True)) == {"not_same"}


def test_a_record_told_apart_leaves_its_profile_and_comes_back_when_that_is_withdrawn():
    anna = person(external_id="C1", email="anna@example.dk")
    person(source=source("till", namespace="loyalty_no"), external_id="L1", email="anna@example.dk")
    other = SourceIdentity.objects.exclude(pk=anna.pk).get()

    decision = steward_decisions.not_same(identity=other.pk, other=anna.pk, **WHY)
    assert present() == {anna.pk: anna.pk, other.pk: other.pk}
    steward_decisions.withdraw(decision=decision, **WHY)

    assert present() == {anna.pk: anna.pk, other.pk: anna.pk}


def test_a_separated_record_is_alone_though_it_is_linked_with_others_than_the_oldest():
    anna = person(external_id="C1", email="anna@example.dk")
    till = person(
        source=source("till", namespace="loyalty_no"), external_id="L1", email="anna@example.dk", phone="20123456"
    )
    wrong = say(source=source("app", namespace="user_id"), external_id="a", email="anna@example.dk", phone="20123456")
    before = present()
    assert set(before.values()) == {anna.pk} and till == anna

    decided = steward_decisions.separate(identity=wrong.identity, **WHY)

    assert len(decided) == 2
    assert present() == before | {wrong.identity: wrong.identity}
    assert Profile.objects.get(pk=anna.pk).identity_count == 2
    steward_decisions.withdraw(decision=decided[0], **WHY)
    assert present() == before
    assert steward_decisions.standing(identities=[wrong.identity]) == []


def test_a_record_that_is_alone_or_was_joined_by_a_steward_is_not_separated():
    anna, again = two_customers()
    with pytest.raises(steward_decisions.NothingToSeparate):
        steward_decisions.separate(identity=anna.pk, **WHY)
    steward_decisions.same(identity=anna.pk, other=again.pk, **WHY)

    with pytest.raises(steward_decisions.Contradicted):
        steward_decisions.separate(identity=again.pk, **WHY)


def test_an_expired_decision_stands_no_longer():
    anna, again = two_customers()

    steward_decisions.same(identity=anna.pk, other=again.pk, expires_at=days_ago(1), **WHY)

    assert present() == {anna.pk: anna.pk, again.pk: again.pk}


@pytest.mark.django_db(transaction=True)
def test_a_decision_that_expires_is_undone_by_the_nightly_fold():
    anna, again = two_customers()
    soon = now() + timedelta(seconds=0.5)
    decision = steward_decisions.same(identity=anna.pk, other=again.pk, expires_at=soon, **WHY)
    assert present() == {anna.pk: anna.pk, again.pk: anna.pk}
    assert steward_decisions.standing(identities=[again.pk]) == [decision]
    sleep(max(0, (soon - now()).total_seconds()) + 0.05)

    fold_expired()

    assert present() == {anna.pk: anna.pk, again.pk: again.pk}
    assert steward_decisions.standing(identities=[again.pk]) == []


def test_an_exception_that_has_expired_is_shared_again_and_folded_once():
    people = [person(external_id=f"C{number}", phone="20123456") for number in range(4)]
    till = person(source=source("till", namespace="loyalty_no"), external_id="L1", phone="20123456")
    shared = SharedIdentifier.objects.get()
    steward_decisions.judge(shared=shared, verdict="private", reason="the till is Anna's", by=user())
    assert present()[till.pk] == people[0].pk
    shared.expires_at = days_ago(1)
    shared.save()

    assert (fold_expired(), fold_expired()) == (1, 0)

    shared.refresh_from_db()
    assert (shared.verdict, shared.expires_at, shared.history.first().history_change_reason) == (
        "shared",
        None,
        "expired",
    )
    assert len(set(present().values())) == 5


def test_a_private_verdict_joins_the_people_of_a_value_and_the_opposite_lets_them_go():
    people = [person(external_id=f"C{number}", phone="20123456") for number in range(4)]
    till = person(source=source("till", namespace="loyalty_no"), external_id="L1", phone="20123456")
    shared, steward = SharedIdentifier.objects.get(), user()
    assert len(set(present().values())) == 5

    steward_decisions.judge(shared=shared, verdict="private", reason="the till is Anna's", by=steward)
    assert present()[till.pk] == people[0].pk
    steward_decisions.judge(shared=shared, verdict="blocked", reason="it is the shop's", by=steward)

    assert len(set(present().values())) == 5
    told = SharedIdentifier.history.values_list("verdict", "history_change_reason", "history_user_id")
    assert list(told)[:2] == [
        ("blocked", "it is the shop's", steward.pk),
        ("private", "the till is Anna's", steward.pk),
    ]


@pytest.mark.parametrize(
    ("refused", "decide"),
    [
        (
            ReasonNeeded,
            lambda one, two: steward_decisions.same(identity=one, other=two, reason=" ", by=None),
        ),
        (steward_decisions.SameSubject, lambda one, two: steward_decisions.same(identity=one, other=one, **WHY)),
        (
            steward_decisions.UnknownSubject,
            lambda one, two: steward_decisions.not_same(identity=one, other=uuid7(), **WHY),
        ),
    ],
)
def test_a_decision_that_makes_no_sense_is_refused(refused, decide):
    anna, again = two_customers()

    with pytest.raises(refused):
        decide(anna.pk, again.pk)
    assert StewardDecision.objects.count() == 0


def test_test_data_is_never_joined_with_people():
    anna, test = person(external_id="C1"), person(external_id="C2", is_test=True)

    with pytest.raises(steward_decisions.TestAndReal):
        steward_decisions.same(identity=anna.pk, other=test.pk, **WHY)


def test_the_opposite_of_what_stands_is_refused_until_that_is_withdrawn():
    anna, again = two_customers()
    apart = steward_decisions.not_same(identity=anna.pk, other=again.pk, **WHY)
    with pytest.raises(steward_decisions.Contradicted):
        steward_decisions.same(identity=again.pk, other=anna.pk, **WHY)

    steward_decisions.withdraw(decision=apart, **WHY)
    steward_decisions.same(identity=again.pk, other=anna.pk, **WHY)

    assert present() == {anna.pk: anna.pk, again.pk: anna.pk}


@pytest.mark.django_db(transaction=True)
def test_of_two_opposite_decisions_at_once_one_is_refused():
    for _ in range(5):
        anna, again = person(), person()
        start = Barrier(2)

        def decide(verb, one=anna, other=again, start=start):
            start.wait()
            try:
                verb(identity=one.pk, other=other.pk, **WHY)
            except steward_decisions.Contradicted as refusal:
                return refusal.code
            finally:
                connection.close()

        with ThreadPoolExecutor(2) as pool:
            answers = list(pool.map(decide, [steward_decisions.same, steward_decisions.not_same]))

        assert sorted(answers, key=str) == [None, "contradicted"]


def test_a_withdrawal_happens_once_and_is_not_withdrawn_itself():
    anna, again = two_customers()
    decision = steward_decisions.same(identity=anna.pk, other=again.pk, **WHY)
    withdrawal = steward_decisions.withdraw(decision=decision, **WHY)

    with pytest.raises(steward_decisions.AlreadyWithdrawn):
        steward_decisions.withdraw(decision=decision, **WHY)
    with pytest.raises(steward_decisions.NotADecision):
        steward_decisions.withdraw(decision=withdrawal, **WHY)
