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
RECORD = ["id", "subject_id", "source_id", "version", "party", "terms", "batch_id", "row_number", "digest",
          "observed_at"]  # fmt: skip
IDENTIFIER = ["id", "subject_id", "record_id", "namespace_id", "blind", "sealed", "verified", "observed_at"]
TYPED = {  # in which column of a trait a value stands
    ValueType.TEXT: "text",
    ValueType.NUMBER: "number",
    ValueType.DATE: "date",
    ValueType.BOOLEAN: "boolean",
    ValueType.LIST: "items",
}
TRAIT = ["subject_id", "record_id", "attribute_id", "verified", "valid_until", "sealed", "match_key", *TYPED.values()]


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
            head = next(ids), entry.subject, entry.record
            yield *head, claim.namespace.pk, claim.blind, sealed, claim.verified, seen


def _trait_rows(common: Terms, entries: list[Entry], ring: Keyring) -> Iterator[tuple]:
    verified = common.source.values_verified
    for entry in entries:
        for value in entry.reading.values:
            head = entry.subject, entry.record, value.attribute.pk, verified, common.valid_until
            yield *head, *_content(value, entry.subject, ring)


def _content(value: Value, subject: UUID, ring: Keyring) -> tuple:
    """sealed, match_key, then the typed columns: one way or the other, never both."""
    attribute, content = value.attribute, value.content
    if attribute.sealed:
        return ring.seal(subject, "profiles_trait.sealed", as_text(content)), value.key, *(None for _ in TYPED)
    content = Jsonb(content) if isinstance(content, list) else content
    return None, None, *(content if kind == attribute.type else None for kind in TYPED)
