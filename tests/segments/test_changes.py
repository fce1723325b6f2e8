"""Who enters and leaves a segment is told, set by set, and so is each state of an activation."""

import pytest

from segments.activation import activations
from segments.membership import compute
from tests.builders import source, user
from tests.changes import telling, undone
from tests.consents import building as consents
from tests.profiles.building import person
from tests.segments.building import DANES, computed, dane, destination, segment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


def moves(told) -> set[tuple]:
    return {(kind, profile, of) for kind, profile, of, _what in told if kind.startswith("member.")}


def test_who_enters_and_who_leaves_is_told_with_the_segment():
    anna, bo = person(external_id="K-1", country="DK"), person(country="DK")

    with telling() as told:
        danes = computed(DANES)
    with telling() as later:
        person(external_id="K-1", country="SE")
        compute.refresh(danes)

    assert moves(told) == {("member.entered", anna.pk, danes.pk), ("member.entered", bo.pk, danes.pk)}
    assert moves(later) == {("member.left", anna.pk, danes.pk)}


def test_a_run_that_moves_nobody_tells_nothing():
    danes = computed(DANES)

    with telling() as told:
        compute.refresh(danes)

    assert told == []


def test_who_is_merged_away_leaves_and_is_told():
    person(email="anna@example.dk", country="DK")
    crm = source("crm", namespace="loyalty_no")
    gone = person(source=crm, external_id="C-1", country="DK")
    danes = computed(DANES)

    with telling() as told:
        person(source=crm, external_id="C-1", email="anna@example.dk")

    assert moves(told) == {("member.left", gone.pk, danes.pk)}


def test_an_activation_tells_its_states():
    dane(1)
    danes, mail = computed(DANES), destination(consents.purpose())

    with telling() as told:
        one = activations.run(activations.request(segment=danes, destination=mail, by=user()))
        other = activations.request(segment=danes, destination=mail, by=user())
        activations.cancel(other, by=user(), reason="not needed")

    assert told == [
        ("activation.moved", None, one.pk, ["approved"]),
        ("activation.moved", None, one.pk, ["done"]),
        ("activation.moved", None, other.pk, ["approved"]),
        ("activation.moved", None, other.pk, ["cancelled"]),
    ]


def test_what_is_undone_is_not_told():
    person(country="DK")
    danes = segment(DANES)

    assert undone(lambda: compute.refresh(danes)) == []
