"""Put new records into their tables: seal, then one COPY a table."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

import orjson
from psycopg.types.json import Jsonb

from cdp.base.database.sql import copy_typed
from profiles import changes
from profiles.models import FileImport, Source
from profiles.records.parsing import ParsedPerson, as_text
from profiles.records.role_addresses import block_role_addresses
from profiles.records.statement import Person
from profiles.vault import DOCUMENT, IDENTIFIER, Keyring

PROFILE_COLUMNS = ["id", "is_test", "first_seen_at", "last_seen_at", "identity_count"]
IDENTITY_COLUMNS = ["id", "source_id", "external_key", "profile_id", "is_test"]
RECORD_COLUMNS = ["id", "identity_id", "source_id", "version", "party", "agreement_version", "file_import_id",
                  "row_number", "digest", "traits", "sealed", "verified", "valid_until", "observed_at"]  # fmt: skip
IDENTIFIER_COLUMNS = ["identity_id", "record_id", "namespace_id", "blind", "sealed", "verified", "observed_at"]


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

    record: int
    identity: UUID
    version: int
    is_new: bool
    person: Person
    reading: ParsedPerson


def store(common: WriteContext, entries: list[NewRecord]) -> None:
    """Store the records, with an identity and a profile for each that is new."""
    if not entries:
        return
    ring = Keyring.for_writing(entry.identity for entry in entries)
    new = [entry for entry in entries if entry.is_new]
    copy_typed("profiles_profile", PROFILE_COLUMNS, (_profile_row(common, one) for one in new))
    copy_typed("profiles_sourceidentity", IDENTITY_COLUMNS, (_identity_row(common, one) for one in new))
    changes.record(kind=changes.ChangeKind.PROFILE_CREATED, profiles=[one.identity for one in new])
    copy_typed("profiles_record", RECORD_COLUMNS, (_record_row(common, one, ring) for one in entries))
    copy_typed("profiles_identifier", IDENTIFIER_COLUMNS, _identifier_rows(common, entries, ring))
    block_role_addresses(claim for entry in entries for claim in entry.reading.claims)


def _observed(common: WriteContext, entry: NewRecord) -> datetime:
    return entry.person.observed_at or common.now


def _profile_row(common: WriteContext, entry: NewRecord) -> tuple:
    seen = _observed(common, entry)
    return entry.identity, common.is_test, seen, seen, 1


def _identity_row(common: WriteContext, entry: NewRecord) -> tuple:
    return entry.identity, common.source.pk, entry.reading.key, entry.identity, common.is_test


def _record_row(common: WriteContext, entry: NewRecord, ring: Keyring) -> tuple:
    return (
        entry.record,
        entry.identity,
        common.source.pk,
        entry.version,
        common.party,
        common.agreement,
        common.file_import and common.file_import.number,
        entry.person.row_number,
        entry.reading.digest,
        _traits(entry),
        _document(entry, ring),
        common.source.values_verified,
        common.valid_until,
        _observed(common, entry),
    )


def _identifier_rows(common: WriteContext, entries: list[NewRecord], ring: Keyring) -> Iterator[tuple]:
    for entry in entries:
        seen = _observed(common, entry)
        for claim in entry.reading.claims:
            sealed = ring.seal(entry.identity, IDENTIFIER, claim.form)
            yield entry.identity, entry.record, claim.namespace.id, claim.blind, sealed, claim.verified, seen


def _traits(entry: NewRecord) -> Jsonb | None:
    """What the record says, by attribute: of a sealed value its keyed digest alone."""
    said = {
        one.attribute.code: {"key": one.key} if one.attribute.sealed else one.content for one in entry.reading.values
    }
    return Jsonb(said, dumps=_json) if said else None


def _json(said: dict) -> bytes:
    return orjson.dumps(said, default=_exact)


def _exact(content: Decimal) -> orjson.Fragment:
    """A number with all its digits."""
    return orjson.Fragment(as_text(content))


def _document(entry: NewRecord, ring: Keyring) -> bytes | None:
    """The personal values, sealed together."""
    personal = {one.attribute.code: as_text(one.content) for one in entry.reading.values if one.attribute.sealed}
    return ring.seal(entry.identity, DOCUMENT, orjson.dumps(personal).decode()) if personal else None
