import pytest

from partners.models import Delivery
from partners.sharing import audiences
from partners.transfers import deliveries
from segments import tasks
from segments.activation import activations
from segments.membership import definitions
from segments.models import Destination, Run
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
