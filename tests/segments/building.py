"""People with open values and events, and segments of them, for the tests of segments."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from cdp.kit import sql
from cdp.kit.ids import uuid7
from profiles.models import Attribute, Event, GoldenValue, Profile, Record, Subject, Trait
from segments import definitions, membership
from segments.models import Membership, Segment
from tests.builders import now, source

ZONE = "Europe/Copenhagen"


def document(rule: dict, *, zone: str = ZONE) -> dict:
    return {"v": 1, "zone": zone, "rule": rule}


def person(*, is_test: bool = False, **traits) -> UUID:
    """A living person with these golden values: text, number, date, boolean or list, by attribute code."""
    subject_id = uuid7()
    profile = Profile.objects.create(pk=subject_id, is_test=is_test, first_seen_at=now())
    subject = Subject.objects.create(
        pk=subject_id, source=source(), external_key=subject_id.bytes, profile=profile, is_test=is_test
    )
    record = Record.objects.create(
        subject=subject, source=source(), party=1, digest=subject_id.bytes, observed_at=now() - timedelta(days=400)
    )
    for code, value in traits.items():
        _trait(profile, subject, record, Attribute.objects.get(code=code), value)
    return subject_id


def _trait(profile, subject, record, attribute, value):
    column = {"list": "items"}.get(attribute.type, attribute.type)
    trait = Trait.objects.create(subject=subject, record=record, attribute=attribute, **{column: value})
    GoldenValue.objects.create(
        profile=profile, attribute=attribute, trait=trait, rule="only", party=1, **{column: value}
    )


def did(profile: UUID, name: str, *, days_ago: float = 1, at: datetime | None = None, **columns) -> None:
    """An event of a person; money in `amount` is DKK unless a currency is named."""
    occurred_at = at or now() - timedelta(days=days_ago)
    if "amount" in columns:
        columns = {"currency": "DKK"} | columns
    sql.execute("SELECT profiles_event_month(%s)", [occurred_at])
    Event.objects.create(
        occurred_at=occurred_at,
        source=columns.pop("source", None) or source(),
        profile_id=profile,
        type="track",
        name=name,
        received_at=now(),
        **columns,
    )


def segment(rule: dict, *, key: str = "seg", title: str | None = None, zone: str = ZONE, by=None) -> Segment:
    """An active segment of this rule, not yet computed."""
    made = definitions.draft(key=key, title=title or key.title(), by=by)
    definitions.activate(made, document=document(rule, zone=zone), reason="first", by=by)
    return Segment.objects.get(pk=made.pk)


def computed(rule: dict, **options) -> Segment:
    """An active segment, computed now."""
    made = segment(rule, **options)
    run = membership.refresh(made)
    assert run.state == "done", run.error
    return Segment.objects.get(pk=made.pk)


def members(of: Segment) -> set[UUID]:
    return set(Membership.objects.filter(segment=of, left_at=None).values_list("profile_id", flat=True))


def amount(value) -> Decimal:
    return Decimal(str(value))


def years_ago(years: int, today: date) -> date:
    return today.replace(year=today.year - years)
