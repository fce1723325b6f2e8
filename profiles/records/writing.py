"""One transaction; per block a few set-based statements: look up, tell what is new, seal, COPY."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.base.database import clock
from cdp.base.database.ids import next_numbers, uuid7s
from cdp.base.database.locks import Lock, share
from cdp.base.memory import gc_paused
from profiles.models import FileImport, Source
from profiles.models.reference import JOINING
from profiles.models.sources import Party
from profiles.records import admission, locks
from profiles.records.current import ExistingIdentity, current_facts, existing_identities
from profiles.records.insert import NewRecord, WriteContext, store
from profiles.records.licence import refuse_unlicensed
from profiles.records.parsing import ParsedPerson, PersonParser
from profiles.records.statement import Person, WriteOutcome, WriteState, Written

BLOCK = 5_000
#: What became of people, by their place in the list given.
Outcomes = dict[int, WriteOutcome]


class Said(NamedTuple):
    """A person who could be read, and their place in the list given."""

    place: int
    person: Person
    reading: ParsedPerson


@gc_paused()
@transaction.atomic
def write(
    *,
    source: Source,
    people: list[Person],
    file_import: FileImport | None = None,
    party: int | None = None,
    agreement_version: UUID | None = None,
    valid_until: datetime | None = None,
    is_test: bool = False,
) -> Written:
    """Store what `source` says of `people`; give one outcome for each, in their order. Resolving is the next step.

    Rule of versions: the latest record (by `observed_at`, then version) that says anything of an attribute, or of an
    identifier kind of which one is kept, stands; what a record leaves out still stands as said before. So a person
    whose content has the keyed digest of the latest record, or brings nothing that does not stand already, is
    `unchanged` and nothing is written; else a new record holds the changed facts only. What a person states on
    purpose (zero-party), or comes under an agreement, is written whole when it is stated again later, or under other
    terms, because that renews it. What is said again unchanged counts as observed when it was said first.

    party: nearness of the data (None: the source's). agreement_version: the agreement version that second- and
    third-party data come under (TermsMissing without them); valid_until: when their licence ends. A transaction
    writes first and resolves after, once: both hold locks until commit, and are taken in this order by everyone.
    """
    common = WriteContext(
        source,
        file_import,
        source.party if party is None else party,
        agreement_version,
        valid_until,
        is_test,
        clock.now(),
    )
    refuse_unlicensed(common.party, agreement_version)
    readable, unreadable = _readable(common, people)
    admitted, kept_out = _let_in(common, readable)
    outcomes = unreadable | kept_out
    for block in _blocks(admitted):
        outcomes |= zip((one.place for one in block), _write_block(common, block), strict=True)
    return Written([outcomes[place] for place in range(len(people))])


def _readable(common: WriteContext, people: list[Person]) -> tuple[list[Said], Outcomes]:
    """Those who could be read, and what became of the others."""
    share(Lock.VOCABULARY)  # what an attribute is when they are read, it is when they are committed
    reader = PersonParser(common.source)
    said, refused = [], {}
    for place, person in enumerate(people):
        reading = reader.read(person, stamp=_stamp(common, person))
        if isinstance(reading, ParsedPerson):
            said.append(Said(place, person, reading))
        else:
            refused[place] = WriteOutcome(WriteState.REFUSED, problems=reading)
    return said, refused


def _let_in(common: WriteContext, said: list[Said]) -> tuple[list[Said], Outcomes]:
    """Those whom no gate keeps out, under lock from now on, and what became of the others."""
    _hold_values([one.reading for one in said])
    problems = admission.refused(common, [one.reading for one in said])
    admitted = [one for index, one in enumerate(said) if index not in problems]
    return admitted, {
        said[index].place: WriteOutcome(WriteState.REFUSED, problems=[problem]) for index, problem in problems.items()
    }


def _stamp(common: WriteContext, person: Person) -> str:
    """What makes equal content new: another agreement or licence, or the moment when a person stated it."""
    moment = person.observed_at if common.party == Party.ZERO else None
    return f"{common.party} {common.agreement} {common.valid_until} {moment}"


def _hold_values(readings: list[ParsedPerson]) -> None:
    """Until commit no one else writes of these people of this source, or brings a value that could join them."""
    locks.hold_values(
        own=[(one.own.namespace.id, one.own.blind) for one in readings],
        others=[
            (claim.namespace.id, claim.blind)
            for one in readings
            for claim in one.claims
            if claim.namespace.role in JOINING
        ],
    )


def _blocks(said: list[Said]) -> Iterator[list[Said]]:
    """Blocks in which each external id stands once: what is said of it again comes in a later block."""
    while said:
        block, later, keys = [], [], set()
        for one in said:
            fits = len(block) < BLOCK and one.reading.key not in keys
            (block if fits else later).append(one)
            keys.add(one.reading.key)
        yield block
        said = later


def _write_block(common: WriteContext, block: list[Said]) -> list[WriteOutcome]:
    found = existing_identities(common.source, [one.reading.key for one in block], is_test=common.is_test)
    have = [(one, found.get(one.reading.key)) for one in block]
    facts = current_facts(before.identity for one, before in have if before and before.digest != one.reading.digest)
    news = [_news(common, one.reading, before, facts) for one, before in have]
    written = [place for place, reading in enumerate(news) if reading]
    strangers = [place for place in written if have[place][1] is None]
    numbers = dict(zip(written, next_numbers("profiles_record", len(written)), strict=True))
    identities = dict(zip(strangers, uuid7s(len(strangers)), strict=True))
    entries = {}
    for place, number in numbers.items():
        (one, before), reading = have[place], news[place]
        if before is None:
            entries[place] = _first_record(number, identities[place], one.person, reading)
        else:
            entries[place] = _next_record(number, before, one.person, reading)
    store(common, list(entries.values()))
    return [_outcome(entries.get(place), one.reading, before) for place, (one, before) in enumerate(have)]


def _news(common: WriteContext, reading: ParsedPerson, before: ExistingIdentity | None, facts) -> ParsedPerson | None:
    """What is to be written of a reading; None when nothing new was said."""
    if before is None:
        return reading
    if before.digest == reading.digest:
        return None
    if common.party == Party.FIRST:
        reading = facts[before.identity].new_in(reading)
    return reading if reading.claims or reading.values else None


def _first_record(number: int, identity: UUID, person: Person, reading: ParsedPerson) -> NewRecord:
    """Of somebody new, under this id."""
    return NewRecord(number, identity, 1, True, person, reading)


def _next_record(number: int, before: ExistingIdentity, person: Person, reading: ParsedPerson) -> NewRecord:
    return NewRecord(number, before.identity, before.versions + 1, False, person, reading)


def _outcome(entry: NewRecord | None, reading: ParsedPerson, before: ExistingIdentity | None) -> WriteOutcome:
    if entry is None:
        return WriteOutcome(WriteState.UNCHANGED, before.identity, before.record, notes=reading.notes)
    state = WriteState.NEW if entry.is_new else WriteState.UPDATED
    return WriteOutcome(state, entry.identity, entry.record, notes=reading.notes)
