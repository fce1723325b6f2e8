"""The clock of the database dates evidence: a wrong clock of the machine that writes changes nothing of it."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from cdp.base.database import clock
from consents.models import NoticeVersion, Objection, PurposeVersion, Restriction, Suppression
from consents.overrides import objections, restrictions, suppressions
from profiles import vault
from profiles.models import DataKey, Event, FileImport, IngestRequest, Record
from tests import builders
from tests.consents import building as consent
from tests.profiles.building import person
from tests.profiles.imports.building import ORDER_LINE, loaded, order_lines
from tests.profiles.ingestion.sending import take, track
from tests.some import each

pytestmark = pytest.mark.django_db


def test_the_clock_goes_on_inside_a_transaction():
    assert clock.now() < clock.now()


@pytest.fixture
def machine_is_ten_days_ahead(monkeypatch):
    """The clock of the process that writes; the database knows better."""
    ahead = timezone.now() + timedelta(days=10)
    monkeypatch.setattr(timezone, "now", lambda: ahead)


def moments(rows, *fields) -> list[datetime]:
    return [moment for row in rows.values_list(*fields) for moment in row]


def test_a_wrong_clock_of_the_machine_dates_no_evidence(machine_is_ten_days_ahead):
    began = clock.now()
    anna = person(external_id="C1", email="anna@example.dk")
    take(track(timestamp=builders.now().isoformat()), sent_at=builders.now().isoformat())
    loaded(order_lines(["c1", "2025-05-10 12:00", "o1", 1, "2.50", "thing"]), ORDER_LINE)
    news = consent.purpose(since=None)
    consent.notice(news, since=None)
    for verb, number in ((objections.object_to, "1"), (objections.take_back, "2")):
        verb(profile=anna.pk, source=builders.source().code, source_event_id=number)
    restrictions.restrict(profile=anna.pk, reason_code="accuracy")
    (entry,) = suppressions.suppress(addresses=[("email", "anna@example.dk")], reason="complaint", by=None)
    suppressions.lift(entry=entry, reason="asked for it", by="an officer")
    vault.destroy_keys([anna.pk])

    evidence = {
        "records": moments(Record.objects.filter(identity=anna.pk), "observed_at", "received_at"),
        "received": moments(IngestRequest.objects, "received_at"),
        "events": moments(Event.objects, "received_at"),
        "imports": moments(FileImport.objects, "created_at"),
        "purposes": moments(PurposeVersion.objects.filter(purpose=news), "published_at"),
        "words": moments(NoticeVersion.objects, "published_from"),
        "objections": moments(Objection.objects, "effective_at", "recorded_at"),
        "restrictions": moments(Restriction.objects, "effective_at", "recorded_at"),
        "suppressions": moments(Suppression.objects, "created_at", "lifted_at"),
        "keys": moments(DataKey.objects.filter(identity=anna.pk), "destroyed_at"),
    }

    soon = clock.now() + timedelta(minutes=1)
    before = began - timedelta(minutes=5)  # where a statement of a test is dated by its transaction
    assert {name for name, found in evidence.items() if not all(before < one < soon for one in each(found))} == set()
