"""Agreements and deliveries tell each state that they come into, in the transaction of the step."""

import pytest

from partners.agreements import lifecycle
from partners.transfers import deliveries
from partners.transfers.deliveries import NotPermitted
from tests.builders import user
from tests.changes import telling, undone
from tests.partners.building import agreement, members, planned

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def files(tmp_path, settings):
    settings.KENDT_FILES = tmp_path


def states(told, kind) -> list[tuple]:
    return [(row[2], *row[3]) for row in told if row[0] == kind]


def test_an_agreement_tells_its_states():
    officer = user(superuser=True)

    with telling() as told:
        version = agreement()
        one = lifecycle.suspend(version.agreement, by=officer, reason="late")
        lifecycle.resume(one, by=officer, reason="settled")
        lifecycle.terminate(one, by=officer, reason="over")

    moved = ["draft", "active", "suspended", "active", "terminated"]
    assert states(told, "agreement.moved") == [(one.pk, state) for state in moved]


def test_a_delivery_tells_its_states():
    members(2)

    with telling() as told:
        one = planned()
        deliveries.build(deliveries.approve(one, by=user()))
        deliveries.download(one, by=user())
        other = planned(one.version)
        deliveries.cancel(other, by=user(), reason="not needed")

    assert states(told, "delivery.moved") == [
        *((one.pk, state) for state in ("planned", "approved", "ready", "sent")),
        *((other.pk, state) for state in ("planned", "cancelled")),
    ]


def test_a_delivery_that_is_blocked_tells_it():
    members(2)
    one = deliveries.approve(planned(), by=user())
    lifecycle.suspend(one.version.agreement, by=user(superuser=True), reason="late")

    with telling() as told, pytest.raises(NotPermitted):
        deliveries.build(one)

    assert states(told, "delivery.moved") == [(one.pk, "blocked")]


def test_what_is_undone_is_not_told():
    members(2)
    version = agreement()

    assert undone(lambda: planned(version)) == []
    assert undone(lambda: lifecycle.suspend(version.agreement, by=user(superuser=True), reason="late")) == []
