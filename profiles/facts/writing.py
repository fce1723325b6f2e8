"""One transaction; per block a few set-based statements: look up, tell what is new, seal, COPY."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from psycopg.types.json import Jsonb

from cdp.kit.ids import uuid7s
from cdp.kit.sql import copy_in, execute
from profiles.facts import gates
from profiles.facts.offices import block_offices
from profiles.facts.people import Outcome, Person, State, Written
from profiles.facts.reading import Reader, Reading, as_text, external_key
from profiles.facts.standing import Known, known, standing
from profiles.models import Batch, Source
from profiles.models.sources import Party
from profiles.vault import Keyring

__all__ = ["external_key", "write"]

BLOCK = 5_000
BUCKETS = 64
LOCK = 0x5AC7 << 16  # the class of advisory locks of this module; the source's id is added


class Terms(NamedTuple):
    """What all people of one call have in common."""

    source: Source
    batch: Batch | None
    party: int
    agreement: UUID | None
    valid_until: datetime | None
    is_test: bool
    now: datetime


class Entry(NamedTuple):
    """One new record: for whom, in which version, and the facts it brings."""

    record: UUID
    subject: UUID
    version: int
    is_new: bool
    person: Person
    reading: Reading


@contextmanager
def _uncollected() -> Iterator[None]:
    """No garbage collection meanwhile: nothing here makes cycles, and each would walk through the whole block again."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()


@_uncollected()
@transaction.atomic
def write(
    *,
    source: Source,
    people: list[Person],
    batch: Batch | None = None,
    party: int | None = None,
    terms: UUID | None = None,
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

    party: nearness of the data (None: the source's). terms: the agreement version that second- and third-party data
    come under; valid_until: when their licence ends. A transaction writes first and resolves after, once: both hold
    locks until commit, and are taken in this order by everyone.
    """
    common = Terms(source, batch, source.party if party is None else party, terms, valid_until, is_test, timezone.now())
    reader = Reader(source)
    outcomes: list[Outcome | None] = [None] * len(people)
    readings: list[tuple[int, Person, Reading]] = []
    for place, person in enumerate(people):
        reading = reader.read(person, stamp=_stamp(common, person))
        if isinstance(reading, Reading):
            readings.append((place, person, reading))
        else:
            outcomes[place] = Outcome(State.REFUSED, problems=reading)
    _hold(source, {reading.key for _, _, reading in readings})
    kept_out = gates.refused(common, [reading for _, _, reading in readings])
    for index, problem in kept_out.items():
        outcomes[readings[index][0]] = Outcome(State.REFUSED, problems=[problem])
    readings = [entry for index, entry in enumerate(readings) if index not in kept_out]
    for block in _blocks(readings):
        for (place, _, _), outcome in zip(block, _write_block(common, block), strict=True):
            outcomes[place] = outcome
    return Written(outcomes)


def _stamp(common: Terms, person: Person) -> str:
    """What makes equal content new: another agreement or licence, or the moment when a person stated it."""
    moment = person.observed_at if common.party == Party.ZERO else None
    return f"{common.party} {common.agreement} {common.valid_until} {moment}"


def _hold(source: Source, keys: set[bytes]) -> None:
    """Until commit no one else writes of these people of this source. In rising order, so nobody waits in a circle."""
    buckets = sorted({key[0] % BUCKETS for key in keys})
    execute(
        "SELECT pg_advisory_xact_lock(%s, bucket) FROM unnest(%s::int[]) WITH ORDINALITY AS b(bucket, place)"
        " ORDER BY place",
        [LOCK + source.pk, buckets],
    )


def _blocks(readings: list) -> Iterator[list]:
    """Blocks in which each external id stands once: what is said of it again comes in a later block."""
    while readings:
        block, later, keys = [], [], set()
        for entry in readings:
            key = entry[2].key
            fits = len(block) < BLOCK and key not in keys
            (block if fits else later).append(entry)
            keys.add(key)
        yield block
        readings = later


def _write_block(common: Terms, block: list) -> list[Outcome]:
    found = known(common.source, [reading.key for _, _, reading in block], is_test=common.is_test)
    standing_facts = standing(
        one.subject for _, _, reading in block if (one := found.get(reading.key)) and one.digest != reading.digest
    )
    ids = iter(uuid7s(2 * len(block)))
    outcomes, entries = [], []
    for _, person, reading in block:
        entry = _entry(common, person, reading, found.get(reading.key), standing_facts, ids)
        if entry:
            entries.append(entry)
        outcomes.append(_outcome(entry, reading, found.get(reading.key)))
    _store(common, entries)
    return outcomes


def _entry(common, person, reading, one: Known | None, standing_facts, ids) -> Entry | None:
    """The record to write, or None when nothing new was said."""
    if one is None:
        subject = next(ids)
        return Entry(next(ids), subject, 1, True, person, reading)
    if one.digest == reading.digest:
        return None
    if common.party == Party.FIRST:
        reading = standing_facts[one.subject].new_in(reading)
    if not reading.claims and not reading.values:
        return None
    return Entry(next(ids), one.subject, one.versions + 1, False, person, reading)


def _outcome(entry: Entry | None, reading: Reading, one: Known | None) -> Outcome:
    if entry is None:
        return Outcome(State.UNCHANGED, one.subject, one.record, notes=reading.notes)
    state = State.NEW if entry.is_new else State.UPDATED
    return Outcome(state, entry.subject, entry.record, notes=reading.notes)


def _store(common: Terms, entries: list[Entry]) -> None:
    if not entries:
        return
    ring = Keyring.of(entry.subject for entry in entries)
    new = [entry for entry in entries if entry.is_new]
    copy_in("profiles_profile", PROFILE, (_profile_row(common, one) for one in new))
    copy_in("profiles_subject", SUBJECT, (_subject_row(common, one) for one in new))
    copy_in("profiles_alias", ["subject_id", "profile"], ((one.subject, one.subject) for one in new))
    copy_in("profiles_record", RECORD, (_record_row(common, one) for one in entries))
    copy_in("profiles_identifier", IDENTIFIER, _identifier_rows(common, entries, ring))
    copy_in("profiles_trait", TRAIT, _trait_rows(common, entries, ring))
    block_offices(claim for entry in entries for claim in entry.reading.claims)


PROFILE = ["id", "is_test", "first_seen_at", "last_seen_at", "subject_count"]
SUBJECT = ["id", "source_id", "external_key", "profile_id", "is_test"]
RECORD = [
    "id",
    "subject_id",
    "source_id",
    "version",
    "party",
    "terms",
    "batch_id",
    "row_number",
    "digest",
    "observed_at",
]
IDENTIFIER = ["id", "subject_id", "record_id", "namespace_id", "blind", "sealed", "verified", "observed_at"]
TYPED = ["text", "number", "date", "boolean", "items"]
TRAIT = ["subject_id", "record_id", "attribute_id", "verified", "valid_until", "sealed", "match_key", *TYPED]
COLUMN = {"text": 0, "number": 1, "date": 2, "boolean": 3, "list": 4}


def _observed(common: Terms, entry: Entry) -> datetime:
    return entry.person.observed_at or common.now


def _profile_row(common: Terms, entry: Entry) -> tuple:
    seen = _observed(common, entry)
    return entry.subject, common.is_test, seen, seen, 1


def _subject_row(common: Terms, entry: Entry) -> tuple:
    return entry.subject, common.source.pk, entry.reading.key, entry.subject, common.is_test


def _record_row(common: Terms, entry: Entry) -> tuple:
    return (
        entry.record,
        entry.subject,
        common.source.pk,
        entry.version,
        common.party,
        common.agreement,
        common.batch and common.batch.pk,
        entry.person.row_number,
        entry.reading.digest,
        _observed(common, entry),
    )


def _identifier_rows(common: Terms, entries: list[Entry], ring: Keyring) -> Iterator[tuple]:
    ids = iter(uuid7s(sum(len(entry.reading.claims) for entry in entries)))
    for entry in entries:
        seen = _observed(common, entry)
        for claim in entry.reading.claims:
            sealed = ring.seal(entry.subject, "profiles_identifier.sealed", claim.form)
            yield (
                next(ids),
                entry.subject,
                entry.record,
                claim.namespace.pk,
                claim.blind,
                sealed,
                claim.verified,
                seen,
            )


def _trait_rows(common: Terms, entries: list[Entry], ring: Keyring) -> Iterator[tuple]:
    verified = common.source.values_verified
    for entry in entries:
        for value in entry.reading.values:
            head = entry.subject, entry.record, value.attribute.pk, verified, common.valid_until
            yield *head, *_columns(value, entry.subject, ring)


def _columns(value, subject: UUID, ring: Keyring) -> list:
    """sealed, match_key, then the typed columns: one way or the other, never both."""
    columns = [None] * (2 + len(TYPED))
    if value.attribute.sealed:
        columns[0] = ring.seal(subject, "profiles_trait.sealed", as_text(value.content))
        columns[1] = value.key
    else:
        is_list = isinstance(value.content, list)
        columns[2 + COLUMN[value.attribute.type]] = Jsonb(value.content) if is_list else value.content
    return columns
