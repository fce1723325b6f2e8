"""A person, through the same door as everybody's data; and events as they lie in their table."""

from datetime import datetime
from uuid import UUID

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import execute
from profiles import records
from profiles.identity import resolve
from profiles.ingestion.events import names
from profiles.models import Profile, Source, SourceIdentity
from tests import builders


def say(
    *,
    source: Source | None = None,
    external_id: str | None = None,
    email: str | None = None,
    phone: str | None = None,
    device: str | None = None,
    identifiers=(),
    verified: bool = False,
    observed_at: datetime | None = None,
    namespace: str | None = None,
    is_test: bool = False,
    agreement_version: UUID | None = None,
    **traits,
) -> records.WriteOutcome:
    """What one source says of one person, written and resolved. A source and an external id are made up if need be."""
    named = [(code, raw, verified) for code, raw in (("email", email), ("phone", phone), ("device", device)) if raw]
    one = records.Person(external_id or f"C{uuid7().hex}", [*named, *identifiers], traits, observed_at, None, namespace)
    written = records.write(
        source=source or builders.source(), people=[one], is_test=is_test, agreement_version=agreement_version
    )
    resolve(identities=written.touched)
    return written.people[0]


def person(**said) -> Profile:
    """The profile of a person of whom `said` is known (arguments of `say`, attribute codes among them)."""
    outcome = say(**said)
    assert not outcome.problems, outcome.problems
    return SourceIdentity.objects.select_related("profile").get(pk=outcome.identity).profile


EVENT = """
INSERT INTO profiles_event (occurred_at, source_id, profile_id, name_id, order_id, received_at)
VALUES (coalesce(%(occurred_at)s, now()), %(source)s, %(profile)s, %(name)s, %(order_id)s, now())
"""


def row_of_event(name: str = "Order Completed", *, source: Source, **given) -> dict:
    """The parameters of EVENT: occurred_at (now), profile, order_id."""
    pair = ("track", name)
    asked = {"name": names.numbers([pair])[pair], "source": source.pk}
    return dict.fromkeys(["occurred_at", "profile", "order_id"]) | asked | given


def event_of(profile: Profile, name: str = "Order Completed", **given) -> None:
    """An event of a person in its table, its month made."""
    source = profile.identities.select_related("source").first().source
    execute("SELECT profiles_event_month(coalesce(%s, now()))", [given.get("occurred_at")])
    execute(EVENT, row_of_event(name, source=source, profile=profile.pk, **given))
