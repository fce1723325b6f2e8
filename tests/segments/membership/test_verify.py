from datetime import timedelta

import pytest
from django.db import connection

from cdp.base.database import sql
from profiles.changes.keeping import begin_epoch
from profiles.identity import steward_decisions
from segments.membership import compute, verify
from segments.models import Membership, Run, Segment
from tests.builders import now, user
from tests.segments.building import DANES, computed, did, members, person, segment

# Committed for good: whether something came after a run is told by its transaction.
pytestmark = pytest.mark.django_db(transaction=True)

IN_ORDER = {"membership": 0, "members": 0}


def test_what_was_just_computed_is_in_order():
    person(country="DK")
    computed(DANES)

    assert verify.verify() == IN_ORDER


def test_what_happened_after_the_run_is_no_drift():
    anna = person(country="DK")
    computed({"op": "all", "of": [DANES, {"event": "Bought", "count": {"cmp": "=", "n": 0}}]})
    did(anna, "Bought", days_ago=3)
    person(country="DK")

    assert verify.verify() == IN_ORDER


def test_an_interval_planted_or_closed_by_hand_is_found_and_mended():
    anna, bo = person(country="DK"), person(country="SE")
    danes = computed(DANES)
    run = Run.objects.get()
    Membership.objects.filter(profile_id=anna).update(left_at=now(), left_run=run)
    Membership.objects.create(segment=danes, profile_id=bo, entered_at=run.as_of, entered_run=run)

    assert verify.verify()["membership"] == 2

    verify.rebuild()
    assert verify.verify() == IN_ORDER
    assert members(danes) == {anna}


def test_after_a_restore_a_segment_is_asked_again_once_it_was_computed():
    """The transactions that its run saw are of another cluster: whether somebody changed since cannot be told."""
    anna = person(country="DK")
    danes = computed(DANES)
    begin_epoch()
    person(country="DK")
    assert verify.verify() == IN_ORDER

    compute.refresh(danes)
    Membership.objects.filter(profile_id=anna).update(left_at=now(), left_run=Run.objects.first())
    assert verify.verify()["membership"] == 1


def test_a_wrong_figure_is_found_and_mended():
    danes = computed(DANES)
    Segment.objects.filter(pk=danes.pk).update(members=7)

    assert verify.verify()["members"] == 1
    verify.rebuild()
    assert verify.verify() == IN_ORDER


def test_rebuilding_computes_segments_after_those_they_read():
    person(country="DK")
    segment(DANES, key="danes")
    reader = segment({"segment": "danes", "in": True}, key="reader")

    verify.rebuild()

    assert len(members(reader)) == 1


def test_a_segment_that_is_being_computed_holds_no_rebuild_up():
    running, other = segment(DANES), segment({"attr": "country", "is": "is", "value": "SE"}, key="swedes")
    Run.objects.create(version=running.current, as_of=now(), state="running", leased_until=now() + timedelta(minutes=1))
    bo = person(country="SE")

    verify.rebuild()

    assert members(other) == {bo}


def test_one_who_was_merged_away_is_a_member_of_nothing_and_the_survivor_follows_with_the_next_run():
    anna, double = person(country="DK", first_name="Anna"), person(country="DK", first_name="Anna")
    danes = computed(DANES)

    steward_decisions.same(identity=anna, other=double, reason="one person", by=user())
    connection.check_constraints()

    assert members(danes) == {min(anna, double)}
    closed = Membership.objects.get(left_at__isnull=False)
    assert (closed.profile_id, closed.left_run) == (max(anna, double), None)
    assert sql.value("SELECT count(*) FROM profiles_profile WHERE id = %s", [closed.profile_id]) == 0
