"""Put new records into their tables: seal, then one COPY a table."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from cdp.kit.ids import uuid7s
from cdp.kit.sql import copy_in
from profiles.facts.offices import block_offices
from profiles.facts.people import Person
from profiles.facts.reading import Reading, Value, as_text
from profiles.models import Batch, Source
from profiles.models.reference import ValueType
from profiles.vault import Keyring

PROFILE = ["id", "is_test", "first_seen_at", "last_seen_at", "subject_count"]
SUBJECT = ["id", "source_id", "external_key", "profile_id", "is_test"]
RECORD = [
    *["id", "subject_id", "source_id", "version", "party", "terms", "batch_id", "row_number", "digest", "observed_at"]
]
IDENTIFIER = ["id", "subject_id", "record_id", "namespace_id", "blind", "sealed", "verified", "observed_at"]
TYPED = [ValueType.TEXT, ValueType.NUMBER, ValueType.DATE, ValueType.BOOLEAN, ValueType.LIST]
TRAIT = [
    *["subject_id", "record_id", "attribute_id", "verified", "valid_until", "sealed", "match_key"],
    *["text", "number", "date", "boolean", "items"],  # in the order of TYPED
]


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


def store(common: Terms, entries: list[Entry]) -> None:
    """Store the records, with a subject, profile and alias for each that is new."""
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


def _columns(value: Value, subject: UUID, ring: Keyring) -> list:
    """sealed, match_key, then the typed columns: one way or the other, never both."""
    columns = [None] * (2 + len(TYPED))
    if value.attribute.sealed:
        columns[0] = ring.seal(subject, "profiles_trait.sealed", as_text(value.content))
        columns[1] = value.key
    else:
        is_list = isinstance(value.content, list)
        columns[2 + TYPED.index(value.attribute.type)] = Jsonb(value.content) if is_list else value.content
    return columns
