"""From events as they came to facts of people and stored events: one path for the queue and for the quarantine."""

from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from django.db import transaction

from profiles import records
from profiles.identity import resolve
from profiles.ingestion.events import store
from profiles.ingestion.events.calls import Call, CallParser, Unusable
from profiles.ingestion.events.payload import ParseError
from profiles.models import IngestRequest, Source
from profiles.records import Person, WriteOutcome


@dataclass(slots=True, eq=False)
class IncomingCall:
    """One event as it came: its object or its flaw, when it was received and sent, the type its path named."""

    event: dict | ParseError
    received_at: datetime
    sent_at: datetime | None = None
    call: str | None = None
    ingest_request: IngestRequest | None = None


class CallRefusal(NamedTuple):
    entry: IncomingCall
    reason: str


class Usable(NamedTuple):
    entry: IncomingCall
    call: Call


class Taken(NamedTuple):
    """What became events, and what could not be used. The rest was known already."""

    stored: list[IncomingCall]
    refused: list[CallRefusal]


@transaction.atomic
def take_in(*, source: Source, is_test: bool, entries: list[IncomingCall]) -> Taken:
    """Store what `entries` say of people and what these did. An event that is known already says nothing anew."""
    usable, refused = _shaped(CallParser(source, is_test=is_test), entries)
    usable = _new(usable)
    outcomes = _write_people(source, is_test, usable)
    owned = [(one, outcome) for one, outcome in zip(usable, outcomes, strict=True) if outcome.record]
    nobodys = [one for one, outcome in zip(usable, outcomes, strict=True) if not outcome.record]
    store.give_back([one.call.row.key for one in nobodys])
    store.store_rows([one.call.belong_to(owner) for one, owner in owned])
    refused += [CallRefusal(one.entry, "no_identity") for one in nobodys]
    return Taken([one.entry for one, _owner in owned], refused)


def _shaped(shaper: CallParser, entries: list[IncomingCall]) -> tuple[list[Usable], list[CallRefusal]]:
    usable, refused = [], []
    for entry in entries:
        try:
            if isinstance(entry.event, ParseError):
                raise Unusable(entry.event.reason)
            call = shaper.shape(entry.event, received_at=entry.received_at, sent_at=entry.sent_at, call=entry.call)
            usable.append(Usable(entry, call))
        except Unusable as trouble:
            refused.append(CallRefusal(entry, trouble.args[0]))
    return usable, refused


def _new(usable: list[Usable]) -> list[Usable]:
    """Those that are not stored yet, each once; their keys are reserved."""
    places = store.reserve_keys([one.call.row.key for one in usable])
    return [usable[place] for place in places.to_pylist()]


def _write_people(source: Source, is_test: bool, usable: list[Usable]) -> list[WriteOutcome]:
    """Write and resolve the people; give for each call the identity and record that it belongs to."""
    people: dict[object, Person] = {}
    places = [people.setdefault(_sameness(one.call.person), one.call.person) for one in usable]
    written = records.write(source=source, people=list(people.values()), is_test=is_test)
    resolve(identities=written.touched, holding=written.identities)
    outcome = dict(zip(map(id, people.values()), written.people, strict=True))
    return [outcome[id(person)] for person in places]


def _sameness(person: Person):
    """Calls that say nothing but the same ids speak of one person once; an identify always speaks for itself."""
    if person.traits:
        return id(person)
    return person.namespace, person.external_id, tuple(person.identifiers)
