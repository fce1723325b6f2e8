"""Sends invented people and their events through the doors, block by block."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from random import Random
from uuid import UUID

from django.db import transaction

from cdp.data.demo.fake_people import Deed, Human, deeds, human, loyalty, spread, variant
from profiles import records
from profiles.identity import resolve
from profiles.ingestion.events import store
from profiles.ingestion.events.lines import PRODUCTS, read_lines
from profiles.ingestion.events.properties import extract_columns
from profiles.models import Source
from profiles.records import Person

BLOCK = 2_000


@dataclass(slots=True)
class Settled:
    """An invented person who has entered: the identity and record under which each system knows them."""

    human: Human
    identities: dict[str, UUID]
    records: dict[str, int]


def enter(
    sources: dict[str, Source], *, seed: int, people: int, events_total: int, now: datetime
) -> Iterator[list[Settled]]:
    """Write people and events in blocks; gives each block when it is in."""
    average = events_total / people if people else 0
    for first in range(0, people, BLOCK):
        humans = [human(seed, number, now.date()) for number in range(first, min(first + BLOCK, people))]
        with transaction.atomic():
            settled = _write(sources, humans, seed, now)
            store.store(_rows(sources, settled, seed, average, now))
        yield settled


def _write(sources: dict[str, Source], humans: list[Human], seed: int, now: datetime) -> list[Settled]:
    settled = [Settled(one, {}, {}) for one in humans]
    touched: set[UUID] = set()
    for system, source in sources.items():
        known = [one for one in settled if system in one.human.in_systems]
        people = [SAYS[system](one.human, Random(f"{seed}/{one.human.number}/{system}"), now) for one in known]
        written = records.write(source=source, people=people)
        for one, outcome in zip(known, written.people, strict=True):
            if outcome.identity:
                one.identities[system], one.records[system] = outcome.identity, outcome.record
        touched |= written.touched
    touched |= _second_card(sources["crm"], settled, now)
    resolve(identities=touched)
    return settled


def _second_card(source: Source, settled: list[Settled], now: datetime) -> set[UUID]:
    """Some people became customers twice in the CRM: two numbers, one e-mail, which must not be joined unseen."""
    twice = [one.human for one in settled if one.human.peculiarity == "duplicate"]
    people = [_crm(one, Random(one.number), now, number=f"{one.customer_no}B") for one in twice]
    return records.write(source=source, people=people).touched


def _crm(one: Human, dice: Random, now: datetime, *, number: str | None = None) -> Person:
    traits = {
        "first_name": one.first_name,
        "last_name": one.last_name,
        "birth_date": one.birth_date.isoformat(),
        "street": one.street,
        "postal_code": one.postal_code,
        "city": one.city,
        "country": one.country,
        "language": one.language,
        "gender": one.gender,
        "customer_since": one.since.isoformat(),
    }
    identifiers = [("email", one.email, False), ("phone", one.phone, False)]
    return Person(number or one.customer_no, identifiers, traits, observed_at=_on(one.since))


def _webshop(one: Human, dice: Random, now: datetime) -> Person:
    says = variant(one, dice)
    traits = {"first_name": says["first_name"], "last_name": one.last_name, "city": one.city, "country": one.country}
    return Person(one.login, [("email", says["email"], False)], traits, observed_at=_on(one.since))


def _tills(one: Human, dice: Random, now: datetime) -> Person:
    traits = {"first_name": one.first_name, "postal_code": one.postal_code, "country": one.country} | loyalty(dice)
    return Person(one.loyalty_no, [("phone", one.phone, False)], traits, observed_at=_on(one.since))


def _mailtool(one: Human, dice: Random, now: datetime) -> Person:
    return Person(one.email, [], {"language": one.language}, observed_at=_on(one.since))


def _app(one: Human, dice: Random, now: datetime) -> Person:
    traits = {"interests": one.interests, "preferred_channel": dice.choice(["email", "sms", "push"])}
    return Person(one.login, [("device", f"device-{one.number:07d}", False)], traits, observed_at=now)


SAYS = {"crm": _crm, "webshop": _webshop, "tills": _tills, "mailtool": _mailtool, "app": _app}


def _rows(sources, settled: list[Settled], seed: int, average: float, now: datetime) -> Iterator[store.EventRow]:
    for one in settled:
        for deed in deeds(seed, one.human, spread(seed, one.human.number, average), now):
            yield _row(deed, sources[deed.system], one, now)


def _row(deed: Deed, source: Source, one: Settled, now: datetime) -> store.EventRow:
    key = store.message_key(source.pk, deed.message_id)
    system = deed.system if deed.system in one.identities else next(iter(one.identities), None)
    row = store.EventRow(key, source.pk, "track", deed.name, deed.occurred_at, now)
    row.identity, row.record = one.identities.get(system), one.records.get(system)
    products = deed.properties.pop(PRODUCTS, [])
    row.properties = extract_columns(row, deed.properties)
    row.lines = read_lines(products, currency=row.currency).lines
    return row


def _on(day) -> datetime:
    return datetime.combine(day, time(12), UTC)
