from datetime import timedelta
from threading import Event

import pytest
from django.db import transaction

from partners.models import Delivery
from partners.sharing import audiences
from partners.transfers import deliveries
from profiles.models import AccessEntry
from segments import tasks
from segments.activation import activations
from segments.membership import definitions
from segments.models import Activation, Destination, Run
from tests.at_once import at_once
from tests.builders import user
from tests.consents import building as consents
from tests.partners import building as partners
from tests.segments.building import DANES, computed, members, person, segment

pytestmark = pytest.mark.django_db


def test_every_minute_what_is_due_is_computed_and_what_is_refused_holds_nothing_up():
    person(country="DK")
    stuck, due, by_hand = (segment(DANES, key=key) for key in ("stuck", "due", "by-hand"))
    for one in (stuck, due):
        one.refresh_minutes = 15
        one.save()
    Run.objects.create(
        version=stuck.current, as_of="2026-01-01T00:00Z", state="running", leased_until="2099-01-01T00:00Z"
    )

    tasks.refresh_due(timestamp=0)

    assert [len(members(one)) for one in (stuck, due, by_hand)] == [0, 1, 0]


def test_a_job_names_who_asked():
    asker = user("asker")
    danes = segment(DANES)

    tasks.refresh(segment_id=str(danes.pk), by_id=str(asker.pk))

    assert Run.objects.get().started_by == asker


def test_an_activation_runs_as_a_job_once(settings, tmp_path):
    settings.KENDT_FILES = tmp_path
    purpose = consents.purpose("newsletter")
    mail = Destination.objects.create(key="mail", title="Mail", purpose=purpose, channel="email", fields=["email"])
    asked = activations.request(segment=computed(DANES), destination=mail)

    for _turn in range(2):
        tasks.run_activation(activation_id=str(asked.pk))

    asked.refresh_from_db()
    assert asked.state == "done"
    assert [path.name for path in tmp_path.rglob("*") if path.is_file()] == ["people.csv"]


def test_an_approved_activation_whose_job_was_lost_is_written_after_all(settings, tmp_path, monkeypatch):
    settings.KENDT_FILES, asker, dane = tmp_path, user("asker"), person(country="DK", email="anna@example.dk")
    purpose = consents.purpose("newsletter")
    consents.say(dane, purpose, channel="email")
    mail = Destination.objects.create(key="mail", title="Mail", purpose=purpose, channel="email", fields=["email"])
    danes = computed(DANES)
    lost = activations.request(segment=danes, destination=mail, by=asker)
    monkeypatch.setattr(activations, "MOST_ALONE", 0)
    waiting = activations.request(segment=danes, destination=mail, by=asker)

    def states():
        tasks.take_up_activations(timestamp=0)
        return [Activation.objects.get(pk=one.pk).state for one in (lost, waiting)]

    assert states() == ["approved", "waiting"]  # who asked may be about to begin
    monkeypatch.setattr(activations, "MOST_ALONE", 500)
    monkeypatch.setattr(activations, "LEFT_TO_WHO_ASKED", timedelta(0))
    assert states() == ["done", "waiting"]
    assert AccessEntry.objects.get().actor_label == "asker"


@pytest.mark.django_db(transaction=True)
def test_an_activation_that_somebody_writes_now_is_not_taken_up(monkeypatch):
    monkeypatch.setattr(activations, "LEFT_TO_WHO_ASKED", timedelta(0))
    purpose = consents.purpose("newsletter")
    mail = Destination.objects.create(key="mail", title="Mail", purpose=purpose, channel="email", fields=["email"])
    asked = activations.request(segment=computed(DANES), destination=mail)
    held, looked = Event(), Event()

    def write():
        with transaction.atomic():
            Activation.objects.select_for_update().get(pk=asked.pk)
            held.set()
            assert looked.wait(10)

    def look():
        assert held.wait(10)
        found = activations.left_behind()
        looked.set()
        return found

    assert at_once(write, look) == [None, []]
    assert activations.left_behind() == [asked]


def test_members_are_an_audience_of_partner_deliveries():
    anna = person(country="DK")
    danes = computed(DANES, title="All Danes")
    segment(DANES, key="not-computed")

    assert audiences.choices()[1:] == [(danes.pk, "Segment: All Danes")]
    assert [one.pk for one in audiences.people(danes.pk)] == [anna]
    danes.state = "archived"
    danes.save()
    with pytest.raises(audiences.AudienceGone):
        audiences.people(danes.pk)


def test_a_delivery_whose_segment_is_gone_says_so_in_words():
    (anna,) = partners.members(1)
    nordic, danes = partners.agreement().agreement, computed({"attr": "city", "is": "is_set"})
    assert members(danes) == {anna.pk}
    asked = deliveries.request_delivery(
        agreement=nordic, purpose=partners.purpose(), columns=["city"], audience_ref=danes.pk, by=user()
    )
    definitions.archive(danes, reason="over", by=None)

    with pytest.raises(audiences.AudienceGone):
        deliveries.build(deliveries.approve(asked, by=user()))

    assert (Delivery.objects.get().state, Delivery.objects.get().error[:38]) == (
        "failed",
        "The people who were chosen can no long",
    )
