from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from cdp.base.database import sql
from cdp.base.errors import ReasonNeeded
from consents.models import Objection, Purpose, Restriction
from profiles.models import Attribute, Profile
from segments.membership import compute, definitions
from segments.models import Membership, Run, RunState, Segment
from tests.at_once import outcomes_at_once
from tests.builders import now, source
from tests.segments.building import DANES, computed, did, document, members, person, segment

pytestmark = pytest.mark.django_db

BUYERS = {"event": "Bought", "window": {"last": 30, "unit": "day"}}


def refreshed(of: Segment, **options) -> Run:
    return compute.refresh(Segment.objects.get(pk=of.pk), **options)


def test_a_run_opens_intervals_for_members_and_says_when():
    anna, _bo = person(country="DK"), person(country="SE")

    buyers = computed(DANES)

    assert members(buyers) == {anna}
    assert buyers.members == 1
    assert buyers.computed_at == Membership.objects.get().entered_at


def test_a_second_run_over_the_same_data_changes_no_interval():
    person(country="DK")
    danes = computed(DANES)
    before = list(Membership.objects.values())

    run = refreshed(danes)

    assert (run.entered, run.left, run.members) == (0, 0, 1)
    assert list(Membership.objects.values()) == before


def test_someone_who_leaves_and_returns_has_two_intervals():
    anna = person()
    did(anna, "Bought", days_ago=10)
    buyers = computed(BUYERS)

    left = refreshed(buyers, as_of=now() + timedelta(days=25))
    did(anna, "Bought", at=now() + timedelta(days=40))
    refreshed(buyers, as_of=now() + timedelta(days=50))

    first, second = Membership.objects.order_by("id")
    assert (first.left_at, first.left_run) == (left.as_of, left)
    assert second.left_at is None
    assert Membership.objects.filter(entered_at__lte=now()).exclude(left_at__lte=now()).get() == first


def test_runs_do_not_go_back_in_time():
    danes = computed(DANES)

    with pytest.raises(compute.BeforeLastRun):
        refreshed(danes, as_of=now() - timedelta(days=1))


def test_test_data_and_the_erased_are_no_members():
    person(country="DK", is_test=True)
    gone = person(country="DK")
    Profile.objects.filter(pk=gone).update(erased_at=now())

    assert members(computed(DANES)) == set()


def test_the_restricted_are_left_out_by_flag_until_the_restriction_is_lifted():
    anna, bo = person(country="DK"), person(country="DK")
    Restriction.objects.create(identity_ref=anna, reason_code="accuracy", effective_at=now() - timedelta(days=2))
    danes = computed(DANES)

    assert members(danes) == {bo}
    assert Run.objects.get().left_out == 1

    Restriction.objects.create(identity_ref=anna, lifted=True, reason_code="accuracy", effective_at=now())
    refreshed(danes)

    assert members(danes) == {anna, bo}


def test_those_who_object_to_profiling_are_left_out_and_those_who_object_to_mail_are_not():
    anna, bo = person(country="DK"), person(country="DK")
    for identity, purpose in ((anna, {"profiling": True}), (bo, {"profiling": False})):
        key = f"purpose-{purpose['profiling']}".lower()
        Objection.objects.create(
            identity_ref=identity,
            scope="purpose",
            purpose=Purpose.objects.create(key=key, title=key, **purpose),
            effective_at=now(),
            source=source(),
            source_event_id=key,
        )

    assert members(computed(DANES)) == {bo}


def test_a_failed_run_leaves_the_members_marked_stale():
    anna = person(country="DK")
    danes = computed({"op": "any", "of": [DANES, {"attr": "city", "is": "is", "value": "Aarhus"}]})
    computed_at = danes.computed_at
    attribute = Attribute.objects.get(code="city")
    attribute.classification = "special"
    attribute.save()

    run = refreshed(danes)
    danes.refresh_from_db()

    assert run.state == RunState.FAILED
    assert "city" in run.error
    assert members(danes) == {anna}
    assert danes.computed_at == computed_at
    assert "city" in danes.stale_reason


def test_a_run_that_outlives_its_time_fails_and_says_so(monkeypatch):
    monkeypatch.setattr(compute, "TIMEOUT_SECONDS", 0.001)
    wide = {"op": "any", "of": [{"event": f"event {number}"} for number in range(99)]}

    run = compute.refresh(segment(wide))

    assert (run.state, run.members) == (RunState.FAILED, None)
    assert "0.001 seconds" in run.error


def test_a_run_that_fails_for_a_reason_nobody_foresaw_ends_as_failed(monkeypatch):
    monkeypatch.setattr(compute, "_stage", lambda _run: date(1, 1, 1) - timedelta(days=1))

    run = compute.refresh(segment(DANES))

    assert (run.state, "OverflowError" in run.error) == (RunState.FAILED, True)


def test_a_success_after_a_failure_is_no_longer_stale():
    danes = computed(DANES)
    Segment.objects.filter(pk=danes.pk).update(stale_reason="once")

    refreshed(danes)

    assert Segment.objects.get(pk=danes.pk).stale_reason == ""


def test_a_segment_that_is_being_computed_is_not_computed_twice():
    danes = segment(DANES)
    Run.objects.create(
        version=danes.current, as_of=now(), state=RunState.RUNNING, leased_until=now() + timedelta(minutes=1)
    )

    with pytest.raises(compute.AlreadyRunning):
        compute.refresh(danes)


def test_a_run_whose_worker_died_is_closed_and_the_next_one_completes():
    person(country="DK")
    danes = segment(DANES)
    lost = Run.objects.create(
        version=danes.current, as_of=now(), state=RunState.RUNNING, leased_until=now() - timedelta(seconds=1)
    )

    run = compute.refresh(danes)
    lost.refresh_from_db()

    assert (lost.state, run.state, run.members) == (RunState.FAILED, RunState.DONE, 1)


def test_segments_that_are_read_are_computed_first_as_of_the_same_moment():
    anna, bo = person(country="DK"), person(country="DK")
    did(anna, "Bought")
    segment(DANES, key="danes")
    segment({"op": "all", "of": [{"segment": "danes", "in": True}, BUYERS]}, key="danish-buyers")
    others = segment(
        {"op": "all", "of": [{"segment": "danes", "in": True}, {"segment": "danish-buyers", "in": False}]}, key="others"
    )

    compute.refresh(others)

    assert members(others) == {bo}
    assert len(set(Run.objects.values_list("as_of", flat=True))) == 1
    assert Run.objects.count() == 3


def test_a_cycle_is_refused_naming_the_path():
    a = segment(DANES, key="a")
    segment({"segment": "a", "in": True}, key="b")
    segment({"segment": "b", "in": False}, key="c")

    with pytest.raises(definitions.Circular, match="a → c → b → a"):
        definitions.activate(a, document=document({"segment": "c", "in": True}), reason="loop", by=None)
    with pytest.raises(definitions.Circular, match="a → a"):
        definitions.activate(a, document=document({"segment": "a", "in": True}), reason="loop", by=None)


def test_eight_levels_of_reference_are_allowed_and_nine_are_not():
    segment(DANES, key="s0")
    for level in range(1, 9):
        segment({"segment": f"s{level - 1}", "in": True}, key=f"s{level}")

    with pytest.raises(definitions.TooManySteps):
        segment({"segment": "s8", "in": True}, key="s9")


def test_a_new_definition_is_a_new_version_with_its_reason_and_moves_people_at_the_next_run():
    anna, bo = person(country="DK"), person(country="SE")
    chosen = computed(DANES)

    version = definitions.activate(
        chosen, document=document({"attr": "country", "is": "is", "value": "SE"}), reason="Swedes instead", by=None
    )

    assert (version.number, version.reason) == (2, "Swedes instead")
    assert members(chosen) == {anna}
    assert Segment.objects.get(pk=chosen.pk).stale_reason
    run = refreshed(chosen)
    assert (members(chosen), run.version) == ({bo}, version)


def test_the_same_definition_again_makes_no_version():
    danes = segment(DANES)

    assert definitions.activate(danes, document=document(DANES), reason="again", by=None) == danes.current


def test_a_definition_needs_a_reason():
    with pytest.raises(ReasonNeeded):
        definitions.activate(segment(DANES), document=document(BUYERS), reason=" ", by=None)


@pytest.mark.django_db(transaction=True)
def test_of_two_who_take_a_key_at_once_the_second_is_told_that_it_is_taken():
    def draft():
        definitions.draft(key="danes", title="Danes", by=None)

    assert outcomes_at_once(*[draft] * 3) == ["done", "key_taken", "key_taken"]
    assert Segment.objects.get().history.count() == 1


def test_a_segment_is_archived_for_a_reason():
    with pytest.raises(ReasonNeeded):
        definitions.archive(segment(DANES), reason=" ", by=None)

    assert Segment.objects.get().state == "active"


def test_an_archived_segment_is_not_computed_and_a_used_one_is_not_archived():
    danes = segment(DANES, key="danes")
    user = segment({"segment": "danes", "in": True}, key="user")

    with pytest.raises(definitions.InUse, match="User"):
        definitions.archive(danes, reason="over", by=None)

    definitions.archive(user, reason="over", by=None)
    definitions.archive(danes, reason="over", by=None)
    with pytest.raises(definitions.Archived):
        refreshed(danes)


def test_versions_and_intervals_stand():
    danes = computed(DANES)
    person(country="DK")
    refreshed(danes)

    for statement in (
        "UPDATE segments_segmentversion SET definition = '{}'",
        "DELETE FROM segments_segmentversion",
        "UPDATE segments_membership SET entered_at = now()",
        "DELETE FROM segments_membership",
    ):
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic():
            sql.execute(statement)


def test_a_segment_is_due_when_its_minutes_have_passed():
    danes = computed(DANES, key="danes")
    fresh = segment(BUYERS, key="fresh")
    computed(BUYERS, key="by-hand")
    for one, minutes in ((danes, 15), (fresh, 60)):
        one.refresh_minutes = minutes
        one.save()

    assert compute.due() == [fresh]
    assert set(compute.due(moment=timezone.now() + timedelta(minutes=16))) == {danes, fresh}


def test_what_is_said_of_a_segment_that_was_read_earlier_changes_nothing_else():
    danes = segment(DANES)
    read_before = Segment.objects.get(pk=danes.pk)
    definitions.activate(danes, document=document(BUYERS), reason="buyers", by=None)
    compute.refresh(Segment.objects.get(pk=danes.pk))
    now = Segment.objects.get(pk=danes.pk)

    definitions.describe(read_before, title="Buyers", refresh_minutes=15, by=None)

    found = Segment.objects.get(pk=danes.pk)
    assert (found.title, found.refresh_minutes) == ("Buyers", 15)
    assert (found.current, found.members, found.computed_at) == (now.current, now.members, now.computed_at)


def test_an_archived_segment_is_not_changed():
    danes = segment(DANES)
    definitions.archive(danes, reason="over", by=None)

    with pytest.raises(definitions.Archived):
        definitions.describe(danes, title="Others", refresh_minutes=None, by=None)
