"""What is allowed after two records are found to be one person, and after they are taken apart again.

Real transactions: who stood under one id at which moment decides whose word counts.
"""

from datetime import datetime, timedelta

import pytest
from django.db import transaction

from cdp.base.database.sql import value
from consents.models import ConsentRecord
from consents.overrides import objections, restrictions, suppressions
from consents.permission.decision import decide, decide_many
from consents.permission.rules import question
from consents.state import on_merge, past
from consents.state.verify import verify
from profiles import changes
from profiles.changes import ChangeKind
from profiles.identity import steward_decisions
from profiles.models import Alias, Profile, SourceIdentity, StewardDecision, WorkItem
from tests import builders
from tests.at_once import meanwhile
from tests.changes import settle
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db(transaction=True)
MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+01:00")
TUESDAY = MONDAY + timedelta(days=1)


def merge(one, other) -> StewardDecision:
    return steward_decisions.same(identity=one.pk, other=other.pk, by=None, reason="the same person")


def unmerge(merged: StewardDecision) -> None:
    steward_decisions.withdraw(decision=merged, by=None, reason="two people after all")


def present(identity) -> Profile:
    return SourceIdentity.objects.get(pk=identity.pk).profile


def answer(identity, purpose="profiling", channel="none"):
    return decide(identity, purpose=purpose, channel=channel)


def states(identity) -> set[str]:
    return set(ConsentRecord.objects.filter(profile=present(identity)).values_list("state", flat=True))


@pytest.fixture
def profiling():
    return consent.purpose("profiling", profiling=True)


def conflicts() -> int:
    return WorkItem.objects.filter(kind="consent_conflict").count()


def asked_about() -> set[str]:
    return set(WorkItem.objects.filter(kind__startswith="consent").values_list("kind", flat=True))


def test_addresses_keep_their_own_answers():
    news = consent.purpose()
    anna, bo = person(email="x@example.dk"), person(email="y@example.dk")
    consent.say(anna, news, channel="email", contact=("email", "x@example.dk"), at=MONDAY)
    consent.say(bo, news, "ConsentWithdrawn", channel="email", contact=("email", "y@example.dk"), at=TUESDAY)
    x = answer(anna, "newsletter", "email").identifier

    merge(anna, bo)

    assert (answer(anna, "newsletter", "email").allowed, answer(bo, "newsletter", "email").identifier) == (True, x)
    assert states(anna) == {"ConsentGiven", "ConsentWithdrawn"}


@pytest.mark.parametrize(
    ("yes_at", "no_at", "stands"),
    [
        (MONDAY, TUESDAY, "ConsentWithdrawn"),
        (TUESDAY, MONDAY, "ConsentGiven"),
        (MONDAY, MONDAY, "ConsentWithdrawn"),
    ],
)
def test_on_one_address_the_later_answer_counts_and_at_equal_time_the_no(yes_at, no_at, stands):
    news = consent.purpose()
    anna, bo = person(email="x@example.dk", first_name="Anna"), person(email="x@example.dk", first_name="Bo")
    address = {"channel": "email", "contact": ("email", "x@example.dk")}
    consent.say(anna, news, at=yes_at, **address)
    consent.say(bo, news, "ConsentWithdrawn", at=no_at, **address)

    merge(anna, bo)

    assert states(anna) == {stands}
    assert conflicts() == 1


def test_conflicts_of_many_that_differ_in_the_last_are_two_questions(profiling):
    crowd = [person() for _ in range(31)]
    for one in crowd[:30]:
        consent.say(one, profiling)
    for no in [crowd[30], person()]:
        consent.say(no, profiling, "ConsentWithdrawn")
        with transaction.atomic():
            on_merge.follow(moved={one.pk: (one.pk, crowd[0].pk) for one in [*crowd[:30], no]})

    assert conflicts() == 2


@pytest.mark.parametrize("yes_at", [MONDAY, TUESDAY + timedelta(days=1)])
def test_a_no_to_everything_outlives_a_merge_with_a_yes(profiling, yes_at):
    anna, bo = person(), person()
    consent.say(anna, profiling, "ConsentWithdrawn", at=TUESDAY)
    consent.say(bo, profiling, at=yes_at)

    merge(anna, bo)

    assert (answer(anna).reason, answer(bo).reason) == ("consent_withdrawn", "consent_withdrawn")
    assert conflicts() == 1


def test_an_imported_later_yes_does_not_undo_a_no(profiling):
    legacy = consent.point(profiling, key="legacy", kind="paper", trust="imported_legacy")
    anna, bo = person(), person()
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=TUESDAY, collection_point=legacy.key)

    merge(anna, bo)

    assert states(anna) == {"ConsentWithdrawn"}
    assert conflicts() == 1


def test_a_later_direct_yes_counts_where_both_share_a_verified_identifier(profiling):
    anna = person(email="x@example.dk", verified=True, first_name="Anna")
    bo = person(email="x@example.dk", verified=True, first_name="Bodil")
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=TUESDAY)

    merge(anna, bo)

    assert states(anna) == {"ConsentGiven"}
    assert conflicts() == 1


def test_silence_on_one_side_leaves_the_yes_to_the_addresses_of_the_other():
    news = consent.purpose()
    anna, bo = person(email="silent@example.dk"), person(email="yes@example.dk")
    consent.say(bo, news, channel="email", at=MONDAY)
    bos_address = answer(bo, "newsletter", "email").identifier

    merge(anna, bo)

    record = ConsentRecord.objects.get(profile=present(anna))
    found = decide_many([present(anna).pk], question("newsletter", "email"))
    assert (record.state, record.needs_refresh) == ("ConsentGiven", True)
    assert [(one.allowed, one.identifier) for one in found] == [(True, bos_address)]
    assert conflicts() == 0


def test_what_is_stronger_than_consent_covers_both_sides(profiling):
    sources = {
        "objection": lambda who: objections.object_to(profile=who.pk, source="webshop", source_event_id="o1"),
        "restricted": lambda who: restrictions.restrict(profile=who.pk, reason_code="disputed"),
        "suppressed": lambda who: suppressions.suppress(addresses=[("email", "bo@example.dk")], reason="complaint"),
    }
    builders.source()

    for reason, protect in sources.items():
        anna, bo = person(), person(email="bo@example.dk" if reason == "suppressed" else None)
        consent.say(anna, profiling, at=MONDAY)
        protect(bo)
        assert answer(anna).allowed

        merge(anna, bo)

        assert (answer(anna).reason, answer(bo).reason) == (reason, reason)


def test_after_an_unmerge_each_has_the_own_history_from_before(profiling):
    anna, bo = person(), person()
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    consent.say(bo, profiling, at=TUESDAY)
    before = list(ConsentRecord.objects.order_by("id").values())

    unmerge(merge(anna, bo))

    assert list(ConsentRecord.objects.order_by("id").values()) == before
    assert (states(anna), states(bo)) == ({"ConsentWithdrawn"}, {"ConsentGiven"})


def test_a_no_said_while_merged_stays_with_both_sides(profiling):
    anna, bo = person(), person()
    consent.say(anna, profiling, at=MONDAY)
    consent.say(bo, profiling, at=MONDAY)
    merged = merge(anna, bo)
    consent.say(anna, profiling, "ConsentWithdrawn", at=TUESDAY)

    unmerge(merged)

    assert (states(anna), states(bo)) == ({"ConsentWithdrawn"}, {"ConsentWithdrawn"})
    assert asked_about() == {"consent_split"}


def test_a_no_said_while_they_wait_to_part_stays_with_both_sides(profiling):
    anna, bo = person(), person()
    for one in (anna, bo):
        consent.say(one, profiling, at=MONDAY)
    merged = merge(anna, bo)

    with transaction.atomic():
        value("SELECT now()")  # the transaction begins, and then has to wait
        meanwhile(lambda: consent.say(anna, profiling, "ConsentWithdrawn", at=TUESDAY))
        unmerge(merged)

    assert (states(anna), states(bo)) == ({"ConsentWithdrawn"}, {"ConsentWithdrawn"})
    assert verify() == dict.fromkeys(verify(), 0)


def test_what_an_id_meant_is_kept_where_another_moved_it_since_the_transaction_began():
    anna, bo = person(), person()

    with transaction.atomic():
        value("SELECT now()")
        merged = meanwhile(lambda: merge(anna, bo))
        unmerge(merged)

    was = Alias.objects.filter(identity=bo.pk).order_by("valid_from")
    assert list(was.values_list("profile", flat=True)) == [bo.pk, anna.pk]
    assert present(bo).pk == bo.pk


def test_a_yes_said_while_merged_stays_with_the_identity_that_was_used(profiling):
    anna, bo = person(), person()
    merged = merge(anna, bo)
    consent.say(bo, profiling, at=TUESDAY)
    assert answer(anna).allowed

    unmerge(merged)

    assert (states(anna), states(bo)) == (set(), {"ConsentGiven"})


def test_a_yes_said_while_merged_ends_an_earlier_no_of_either_side(profiling):
    anna, bo = person(), person()
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)
    merge(anna, bo)

    consent.say(bo, profiling, at=TUESDAY)

    assert states(anna) == {"ConsentGiven"}


def test_a_decision_goes_with_its_source_record(profiling):
    anna, bo = person(), person()
    merged = merge(anna, bo)
    record = SourceIdentity.objects.get(pk=bo.pk).records.get()
    consent.say(anna, profiling, at=TUESDAY, record=record.pk)

    unmerge(merged)

    assert (states(anna), states(bo)) == (set(), {"ConsentGiven"})


def test_a_decision_about_an_address_goes_with_who_has_it():
    news = consent.purpose()
    anna, bo = person(email="x@example.dk"), person(email="y@example.dk")
    merged = merge(anna, bo)
    consent.say(anna, news, channel="email", contact=("email", "y@example.dk"), at=TUESDAY)

    unmerge(merged)

    assert (states(anna), states(bo)) == (set(), {"ConsentGiven"})


def test_an_objection_made_while_merged_stays_with_both_sides(profiling):
    anna, bo = person(), person()
    merged = merge(anna, bo)
    objections.object_to(profile=anna.pk, source="webshop", source_event_id="o1")

    unmerge(merged)

    assert (answer(anna).reason, answer(bo).reason) == ("objection", "objection")


def test_a_question_about_before_the_merge_counts_only_that_persons_answers(profiling):
    anna, bo = person(), person()
    consent.say(anna, profiling, at=MONDAY)
    consent.say(bo, profiling, "ConsentWithdrawn", at=MONDAY)
    apart = builders.now()
    merge(anna, bo)

    assert [row["state_then"] for row in past.records([anna.pk], as_of=apart)] == ["ConsentGiven"]
    assert [row["state_then"] for row in past.records([bo.pk], as_of=apart)] == ["ConsentWithdrawn"]
    assert (answer_at(anna, apart), answer_at(bo, apart)) == ("allowed", "consent_withdrawn")
    assert answer(anna).reason == "consent_withdrawn"


def answer_at(identity, moment) -> str:
    return decide(identity, purpose="profiling", channel="none", as_of=moment).reason


def test_the_history_of_a_record_holds_every_entry_of_its_choice_under_whichever_id_it_was_written():
    anna, bo, newsletter = person(), person(), consent.purpose("newsletter")
    hers = {consent.say(anna, newsletter, at=MONDAY), consent.say(anna, newsletter, "ConsentWithdrawn", at=TUESDAY)}
    his = {consent.say(bo, newsletter, at=TUESDAY + timedelta(days=1))}
    consent.say(anna, consent.purpose("calls"))
    consent.say(anna, newsletter, channel="email")

    merged = merge(anna, bo)
    record = ConsentRecord.objects.get(purpose=newsletter, channel="none")

    assert entries(record) == hers | his
    assert record.ledger_position in entries(record)

    unmerge(merged)

    told = {one.profile_id: entries(one) for one in ConsentRecord.objects.filter(purpose=newsletter, channel="none")}
    assert told == {anna.pk: hers, bo.pk: his}


def entries(record) -> set[int]:
    return set(record.history.values_list("history_id", flat=True))


def consent_changes(after) -> dict:
    settle()
    found = changes.read(after=after, kinds=[ChangeKind.CONSENT_CHANGED]).changes
    return {change.profile: change.what for change in found}


def test_whoever_gains_or_loses_an_override_by_a_merge_is_told_of_in_the_feed(profiling):
    anna, bo = person(email="x@example.dk"), person(email="y@example.dk")
    builders.source()
    objections.object_to(profile=bo.pk, source="webshop", source_event_id="o1")
    restrictions.restrict(profile=bo.pk, reason_code="disputed")
    before = changes.present()

    merged = merge(anna, bo)
    settle()
    joined = changes.present()
    unmerge(merged)

    whole = ["objection", "restriction"]
    assert consent_changes(before)[present(anna).pk] == whole
    assert consent_changes(joined) == {present(anna).pk: whole, present(bo).pk: whole}


def test_a_merge_of_people_without_overrides_tells_of_none():
    anna, bo = person(email="x@example.dk"), person(email="y@example.dk")
    before = changes.present()

    merge(anna, bo)

    assert consent_changes(before) == {}
