"""Put new records into their tables: seal, then one COPY a table."""

from collections.abc import Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb

from cdp.base.database.ids import uuid7s
from cdp.base.database.sql import copy_typed
from profiles import changes
from profiles.models import FileImport, Source
from profiles.models.reference import ValueType
from profiles.records.parsing import ParsedPerson, Value, as_text
from profiles.records.role_addresses import block_role_addresses
from profiles.records.statement import Person
from profiles.vault import Keyring

PROFILE = ["id", "is_test", "first_seen_at", "last_seen_at", "identity_count"]
SUBJECT = ["id", "source_id", "external_key", "profile_id", "is_test"]
RECORD = ["id", "identity_id", "source_id", "version", "party", "agreement_version", "file_import_id", "row_number",
    "digest",
          "observed_at"]  # fmt: skip
IDENTIFIER = ["id", "identity_id", "record_id", "namespace_id", "blind", "sealed", "verified", "observed_at"]
TYPED = {  # in which column of a trait a value stands
    ValueType.TEXT: "text",
    ValueType.NUMBER: "number",
    ValueType.DATE: "date",
    ValueType.BOOLEAN: "boolean",
    ValueType.LIST: "items",
}
UNTYPED = (None,) * len(TYPED)
TRAIT = ["identity_id", "record_id", "attribute_id", "verified", "valid_until", "sealed", "match_key", *TYPED.values()]


class WriteContext(NamedTuple):
    """What all people of one call have in common."""

    source: Source
    file_import: FileImport | None
    party: int
    agreement: UUID | None
    valid_until: datetime | None
    is_test: bool
    now: datetime


class NewRecord(NamedTuple):
    """One new record: for whom, in which version, and the facts it brings."""

    record: UUID
    identity: UUID
    version: int
    is_new: bool
    person: Person
    reading: ParsedPerson


def store(common: WriteContext, entries: list[NewRecord]) -> None:
    """Store the records, with an identity, profile and alias for each that is new."""
    if not entries:
        return
    ring = Keyring.for_writing(entry.identity for entry in entries)
    new = [entry for entry in entries if entry.is_new]
    copy_typed("profiles_profile", PROFILE, (_profile_row(common, one) for one in new))
    copy_typed("profiles_sourceidentity", SUBJECT, (_subject_row(common, one) for one in new))
    copy_typed("profiles_alias", ["identity_id", "profile"], ((one.identity, one.identity) for one in new))
    changes.record(kind=changes.ChangeKind.PROFILE_CREATED, profiles=[one.identity for one in new])
    copy_typed("profiles_record", RECORD, (_record_row(common, one) for one in entries))
    copy_typed("profiles_identifier", IDENTIFIER, _identifier_rows(common, entries, ring))
    copy_typed("profiles_trait", TRAIT, _trait_rows(common, entries, ring))
    block_role_addresses(claim for entry in entries for claim in entry.reading.claims)


def _observed(common: WriteContext, entry: NewRecord) -> datetime:
    return entry.person.observed_at or common.now


def _profile_row(common: WriteContext, entry: NewRecord) -> tuple:
    seen = _observed(common, entry)
    return entry.identity, common.is_test, seen, seen, 1


def _subject_row(common: WriteContext, entry: NewRecord) -> tuple:
    return entry.identity, common.source.pk, entry.reading.key, entry.identity, common.is_test


def _record_row(common: WriteContext, entry: NewRecord) -> tuple:
    return (
        entry.record,
        entry.identity,
        common.source.pk,
        entry.version,
        common.party,
        common.agreement,
        common.file_import and common.file_import.pk,
        entry.person.row_number,
        entry.reading.digest,
        _observed(common, entry),
    )


def _identifier_rows(common: WriteContext, entries: list[NewRecord], ring: Keyring) -> Iterator[tuple]:
    ids = iter(uuid7s(sum(len(entry.reading.claims) for entry in entries)))
    for entry in entries:
        seen = _observed(common, entry)
        for claim in entry.reading.claims:
            sealed = ring.seal(entry.identity, "profiles_identifier.sealed", claim.form)
            head = next(ids), entry.identity, entry.record
            yield *head, claim.namespace.id, claim.blind, sealed, claim.verified, seen


def _trait_rows(common: WriteContext, entries: list[NewRecord], ring: Keyring) -> Iterator[tuple]:
    verified = common.source.values_verified
    for entry in entries:
        for value in entry.reading.values:
            head = entry.identity, entry.record, value.attribute.id, verified, common.valid_until
            yield *head, *_content(value, entry.identity, ring)


def _content(value: Value, identity: UUID, ring: Keyring) -> tuple:
    """sealed, match_key, then the typed columns: one way or the other, never both."""
    attribute, content = value.attribute, value.content
    if attribute.sealed:
        return ring.seal(identity, "profiles_trait.sealed", as_text(content)), value.key, *UNTYPED
    content = Jsonb(content) if isinstance(content, list) else content
    return None, None, *(content if kind == attribute.type else None for kind in TYPED)
