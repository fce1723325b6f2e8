"""Which answer stands: the scenarios of state and time travel, and the fold against a plain reading of its rule."""

from datetime import datetime, timedelta
from itertools import permutations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cdp.base.database.ids import uuid7
from consents.models import ConsentRecord
from consents.permission.decision import decide
from consents.recording import correction
from consents.state.as_of import records_as_of
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person

pytestmark = pytest.mark.django_db
MONDAY = datetime.fromisoformat("2026-03-02T10:00:00+01:00")


def state(profile, as_of, **known) -> str:
    """The state of the one choice of a person at a moment, known at a position or another moment."""
    found = records_as_of([profile.pk], as_of=as_of, **known)
    return found[0]["state_then"] if found else "ConsentUnknown"


def folded(profile) -> str:
    found = ConsentRecord.objects.filter(profile=profile)
    return found[0].state if found else "ConsentUnknown"


def test_without_a_decision_the_state_is_unknown():
    consent.purpose("profiling")
    anna = person()

    assert state(anna, builders.now()) == "ConsentUnknown"
    assert decide(anna, purpose="profiling", channel="none").reason == "consent_missing"


def test_a_state_holds_from_its_very_instant():
    profiling, anna = consent.purpose("profiling"), person()
    consent.say(anna, profiling, at=MONDAY)
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY + timedelta(hours=2))

    moments = {hour: state(anna, MONDAY + timedelta(hours=hour)) for hour in (-1, 0, 1, 2, 3)}

    assert moments == {
        -1: "ConsentUnknown",
        0: "ConsentGiven",
        1: "ConsentGiven",
        2: "ConsentWithdrawn",
        3: "ConsentWithdrawn",
    }


def test_what_arrives_late_is_unknown_at_earlier_positions():
    profiling, anna, bo = consent.purpose("profiling"), person(), person()
    before = consent.say(bo, profiling, at=MONDAY)
    arrival = consent.say(anna, profiling, at=MONDAY)
    tuesday = MONDAY + timedelta(days=1)

    assert state(anna, tuesday, position=before) == "ConsentUnknown"
    assert state(anna, tuesday, position=arrival) == "ConsentGiven"


def test_an_answer_known_at_a_position_never_changes():
    profiling, anna = consent.purpose("profiling"), person()
    known = consent.say(anna, profiling, at=MONDAY)
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY - timedelta(days=1))
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY + timedelta(minutes=1))

    assert state(anna, builders.now(), position=known) == "ConsentGiven"
    assert state(anna, builders.now()) == "ConsentWithdrawn"


def test_an_answer_known_at_a_moment_never_changes():
    profiling, anna = consent.purpose("profiling"), person()
    before = builders.now()
    false = consent.say(anna, profiling, at=MONDAY)
    known = builders.now()
    correction.correct(entry=false, reason_code="wrong_person", by=builders.user(), approved_by=builders.user())
    corrected = builders.now()
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY - timedelta(days=1))

    states = [state(anna, MONDAY, known_at=moment) for moment in (before, known, corrected, builders.now())]

    assert states == ["ConsentUnknown", "ConsentGiven", "ConsentUnknown", "ConsentWithdrawn"]


def test_a_correction_takes_the_effect_of_an_entry_away_at_every_time():
    profiling, anna = consent.purpose("profiling"), person()
    false = consent.say(anna, profiling, at=MONDAY)
    asked, approved = builders.user(), builders.user()

    correction.correct(entry=false, reason_code="wrong_person", by=asked, approved_by=approved)

    assert state(anna, MONDAY, position=false) == "ConsentGiven"
    assert {state(anna, MONDAY + timedelta(days=day)) for day in (0, 1, 100)} == {"ConsentUnknown"}
    assert folded(anna) == "ConsentUnknown"


def test_a_correction_may_carry_the_true_decision_with_its_own_time():
    profiling, anna = consent.purpose("profiling"), person()
    false = consent.say(anna, profiling, at=MONDAY)
    truth = consent.decision(anna, profiling, "ConsentRefused", at=MONDAY - timedelta(days=2))

    correction.correct(entry=false, reason_code="misread", by=builders.user(), approved_by=builders.user(), truth=truth)

    assert state(anna, MONDAY - timedelta(days=1)) == "ConsentRefused"
    assert state(anna, MONDAY) == "ConsentRefused"


@pytest.mark.parametrize("order", [*permutations(["ConsentGiven", "ConsentWithdrawn"])])
def test_of_yes_and_no_in_one_microsecond_the_no_stands(order):
    profiling, anna = consent.purpose("profiling"), person()

    for answer in order:
        consent.say(anna, profiling, answer, at=MONDAY)

    assert folded(anna) == "ConsentWithdrawn"


@pytest.mark.parametrize("order", [*permutations([0, 1])])
def test_an_older_yes_that_arrives_after_the_no_changes_nothing(order):
    profiling, anna = consent.purpose("profiling"), person()
    said = [("ConsentGiven", MONDAY), ("ConsentWithdrawn", MONDAY + timedelta(hours=1))]

    for index in order:
        consent.say(anna, profiling, said[index][0], at=said[index][1])

    assert folded(anna) == "ConsentWithdrawn"


def test_the_repeated_hour_in_autumn_keeps_both_answers_in_their_true_order():
    profiling, anna = consent.purpose("profiling"), person()
    summer = datetime.fromisoformat("2025-10-26T02:30:00+02:00")
    winter = datetime.fromisoformat("2025-10-26T02:30:00+01:00")

    consent.say(anna, profiling, "ConsentWithdrawn", at=winter)
    consent.say(anna, profiling, "ConsentGiven", at=summer)

    assert folded(anna) == "ConsentWithdrawn"
    assert state(anna, winter - timedelta(minutes=1)) == "ConsentGiven"


@pytest.mark.parametrize("trust", ["imported_legacy", "partner_asserted"])
def test_a_reported_yes_never_stands_over_an_earlier_no(trust):
    profiling, anna = consent.purpose("profiling"), person()
    feed = consent.point(profiling, key="feed", kind="partner_feed", trust=trust)
    consent.say(anna, profiling, "ConsentWithdrawn", at=MONDAY)

    consent.say(anna, profiling, at=MONDAY + timedelta(days=1), collection_point=feed.key)
    assert folded(anna) == "ConsentWithdrawn"

    consent.say(anna, profiling, at=MONDAY + timedelta(days=2))
    consent.say(anna, profiling, at=MONDAY + timedelta(days=3), collection_point=feed.key)
    assert folded(anna) == "ConsentGiven"


# --- The fold against a plain reading ------------------------------------------------------------------------------

ANSWERS = [
    "ConsentRequested",
    "ConsentGiven",
    "RenewedConsentGiven",
    "ConsentRefused",
    "ConsentInvalidated",
    "ConsentRevoked",
    "ConsentWithdrawn",
]
YES, NO = {"ConsentGiven", "RenewedConsentGiven"}, set(ANSWERS[3:])
said = st.tuples(st.integers(0, 4), st.sampled_from(ANSWERS), st.booleans(), st.booleans())
histories = st.lists(said, min_size=1, max_size=7)


def plainly(history, until: int) -> str:
    """The rule of the fold, one answer after the other. An answer is (hour, state, is reported, is corrected)."""
    standing, last_direct_was_no = "ConsentUnknown", False
    for hour, answer, reported, corrected in sorted(history, key=lambda one: (one[0], ANSWERS.index(one[1]))):
        if corrected or hour > until or (answer in YES and reported and last_direct_was_no):
            continue
        standing = answer
        if answer in NO or (answer in YES and not reported):
            last_direct_was_no = answer in NO
    return standing


@pytest.fixture
def asked():
    """A purpose with a direct and a reporting place."""
    profiling = consent.purpose("profiling")
    consent.point(profiling, key="direct")
    consent.point(profiling, key="reporting", kind="partner_feed", trust="imported_legacy")
    return profiling


def live(profiling, history):
    """A person with this history."""
    somebody = person()
    for hour, answer, reported, corrected in history:
        entry = consent.say(
            somebody,
            profiling,
            answer,
            at=MONDAY + timedelta(hours=hour),
            collection_point="reporting" if reported else "direct",
        )
        if corrected:
            correction.correct(
                entry=entry, reason_code="x", by=None, approved_by=builders.User(pk=uuid7(), username="second")
            )
    return somebody


# Each example has a person of its own, so that the purpose may be shared.
many = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@many
@given(history=histories)
def test_the_fold_is_the_rule_read_plainly(asked, history):
    somebody = live(asked, history)

    found = [state(somebody, MONDAY + timedelta(hours=hour)) for hour in range(5)]

    assert found == [plainly(history, hour) for hour in range(5)]
    assert folded(somebody) == found[-1]


@many
@given(history=histories, data=st.data())
def test_the_order_of_arrival_changes_nothing(asked, history, data):
    shuffled = data.draw(st.permutations(history))
    one, other = live(asked, history), live(asked, shuffled)

    moments = [MONDAY + timedelta(hours=hour) for hour in range(5)]

    assert [state(one, moment) for moment in moments] == [state(other, moment) for moment in moments]
    assert folded(one) == folded(other)
