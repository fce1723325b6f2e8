"""People with open values and events, and segments of them, for the tests of segments."""

from datetime import datetime, timedelta
from uuid import UUID

from cdp.base.database.ids import uuid7
from profiles import records
from profiles.identity import resolve
from profiles.ingestion.events import store
from profiles.ingestion.events.store import EventRow
from segments.membership import compute, definitions
from segments.models import Destination, Membership, Segment
from tests.builders import now, source
from tests.profiles import building

ZONE = "Europe/Copenhagen"
DANES = {"attr": "country", "is": "is", "value": "DK"}


def document(rule: dict, *, zone: str = ZONE) -> dict:
    return {"v": 1, "zone": zone, "rule": rule}


def person(**said) -> UUID:
    """A living person; arguments of `tests.profiles.building.say`, attribute codes among them."""
    return building.person(**said).pk


def crowd(count: int, **traits) -> set[UUID]:
    """Many people alike, written at once."""
    written = records.write(
        source=source(), people=[records.Person(f"crowd-{number}", [], traits) for number in range(count)]
    )
    resolve(identities=written.touched)
    return {outcome.identity for outcome in written.people}


def did(
    profile: UUID, name: str, *, days_ago: float = 1, at: datetime | None = None, type: str = "track", **columns
) -> None:
    """An event of a person, through the door; money in `amount` is DKK unless a currency is named."""
    if "amount" in columns:
        columns = {"currency": "DKK"} | columns
    happened = EventRow(
        key=uuid7().bytes,
        source=source().pk,
        type=type,
        name=name,
        occurred_at=at or now() - timedelta(days=days_ago),
        received_at=now(),
        identity=profile,
        **columns,
    )
    assert store.store([happened]).stored == 1


def segment(rule: dict, *, key: str = "seg", title: str | None = None, zone: str = ZONE, by=None) -> Segment:
    """An active segment of this rule, not yet computed."""
    made = definitions.draft(key=key, title=title or key.title(), by=by)
    definitions.activate(made, document=document(rule, zone=zone), reason="first", by=by)
    return Segment.objects.get(pk=made.pk)


def computed(rule: dict, **options) -> Segment:
    """An active segment, computed now."""
    made = segment(rule, **options)
    run = compute.refresh(made)
    assert run.state == "done", run.error
    return Segment.objects.get(pk=made.pk)


def members(of: Segment) -> set[UUID]:
    return set(Membership.objects.filter(segment=of, left_at=None).values_list("profile_id", flat=True))


def dane(number: int, **said):
    return person(country="DK", email=f"person{number}@example.dk", first_name=f"Name{number}", **said)


def destination(purpose, *, key="mail", names=("email", "first_name", "city"), **options) -> Destination:
    return Destination.objects.create(
        key=key, title=key.title(), purpose=purpose, channel="email", fields=list(names), **options
    )
