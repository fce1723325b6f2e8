"""Writes events given as columns, as files do, by COPY and under the same keys as `events` does those given as rows."""

import io
import os
import struct
import time
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection, transaction
from psycopg.errors import UniqueViolation

from cdp.base.database import clock
from cdp.base.database.sql import execute, value
from profiles.ingestion.events.store import PLACE, SEE
from profiles.models import FileImport
from profiles.records import WriteOutcome, locks
from profiles.vault import Keyring

TEXT = pa.large_string()
KEY = 16  # bytes
BINARY_COPY = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
WITHOUT_HEADER = pyarrow.csv.WriteOptions(include_header=False)

# In rising order, so that two writers never wait in a circle.
CLAIM = """
WITH fresh AS (
    INSERT INTO profiles_eventkey (source_id, key)
    SELECT %s, key FROM (
        SELECT DISTINCT substring(%b FROM n FOR 16) AS key FROM generate_series(1, %s, 16) AS n
    ) AS given ORDER BY key
    ON CONFLICT DO NOTHING RETURNING key
)
SELECT string_agg(key, '') FROM fresh
"""
SEEN = f"""
WITH seen AS (
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS seen(profile, first, last)
), {SEE}
SELECT count(*) FROM updated
"""


class Owner(NamedTuple):
    """Whose events are: the identity, its record they come with, and its present profile."""

    identity: UUID
    record: UUID
    profile: UUID


def reserve_keys(source: int, keys: list[bytes]) -> pa.Array:
    """Enter keys for ever; give the places of those that were not there, of equal ones the first.

    Mostly all are new, so that is tried first.
    """
    try:
        with transaction.atomic():
            _copy_keys(source, keys)
        return pa.array(range(len(keys)), pa.int64())
    except UniqueViolation:
        return pa.array(_claim_some(source, keys), pa.int64())


def _copy_keys(source: int, keys: list[bytes]) -> None:
    """Binary COPY: before each key the number of columns, and each column after its length."""
    row = struct.pack(">hihi", 2, 2, source, KEY)
    statement = "COPY profiles_eventkey (source_id, key) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(BINARY_COPY + b"".join(row + key for key in sorted(keys)) + b"\xff\xff")


def _claim_some(source: int, keys: list[bytes]) -> list[int]:
    blob = b"".join(keys)
    entered = bytes(value(CLAIM, [source, blob, len(blob)]) or b"")
    fresh = {entered[start : start + KEY] for start in range(0, len(entered), KEY)}
    places = []
    for place, key in enumerate(keys):
        if key in fresh:
            fresh.remove(key)
            places.append(place)
    return places


def give_back(source: int, keys: list[bytes]) -> None:
    """Forget keys that were claimed in this transaction, of rows that were rejected after all."""
    execute("DELETE FROM profiles_eventkey WHERE source_id = %s AND key = ANY(%s)", [source, keys])


def owners(people: list[WriteOutcome | None]) -> list[Owner | None]:
    """With the present profile, which stays so until commit. An erased person owns nothing."""
    profiles = locks.hold_people(one.identity for one in people if one and one.identity)
    return [
        Owner(one.identity, one.record, profiles[one.identity]) if one and one.identity in profiles else None
        for one in people
    ]


def store(
    *, file_import: FileImport, type: str, columns: dict[str, pa.Array], owners: list[Owner | None], codes: pa.Array
) -> None:
    """Store events. `columns`: text by column of the table, and `personal` as JSON, which is sealed to its identity.
    `codes`: whose each event is, as a place in `owners`."""
    count = len(codes)
    profiles = _ids_of(owners, "profile").take(codes)
    _see(profiles, columns["occurred_at"])
    columns = columns | {
        "sealed": _sealed(columns["personal"], owners, codes),
        "record_id": _ids_of(owners, "record").take(codes),
        "profile_id": profiles,
        "id": pa.array(_ids(count), TEXT),
        "source_id": pa.repeat(str(file_import.source_id), count),
        "file_import_id": pa.repeat(str(file_import.pk), count),
        "type": pa.repeat(type, count),
        "received_at": pa.repeat(clock.now().isoformat(), count),
    }
    del columns["personal"]
    _copy(pa.table(columns))


def _ids_of(owners: list[Owner | None], field: str) -> pa.Array:
    return pa.array([str(getattr(one, field)) if one else None for one in owners], TEXT)


def _see(profiles: pa.Array, occurred_at: pa.Array) -> None:
    """Let the profiles know when they were seen first and last."""
    table = pa.table({"profile": profiles, "at": occurred_at}).filter(pc.is_valid(profiles))
    seen = table.group_by("profile").aggregate([("at", "min"), ("at", "max")])
    value(SEEN, [seen[name].to_pylist() for name in ("profile", "at_min", "at_max")])


def _sealed(personal: pa.Array, owners: list[Owner | None], codes: pa.Array) -> pa.Array:
    """Personal properties as ciphertext; an event of nobody keeps none."""
    if personal.null_count == len(personal):
        return personal
    identities = [owner and owner.identity for owner in owners]
    ring = Keyring.for_writing(identity for identity in identities if identity)
    texts = zip(personal.to_pylist(), (identities[code] for code in codes.to_pylist()), strict=True)
    return pa.array(["\\x" + ring.seal(who, PLACE, text).hex() if who and text else None for text, who in texts], TEXT)


def _ids(count: int) -> list[str]:
    """UUIDs of version 7 as text: this millisecond, then random bits of which the last 48 count up (RFC 9562, 6.2)."""
    moment = f"{time.time_ns() // 1_000_000:012x}"
    random = int.from_bytes(os.urandom(10))
    head = f"{moment[:8]}-{moment[8:]}-7{random >> 68:03x}-{0x8000 | random >> 54 & 0x3FFF:04x}-"
    first = random & 0x7FFF_FFFF_FFFF
    return [f"{head}{number:012x}" for number in range(first, first + count)]


def _copy(table: pa.Table) -> None:
    text = io.BytesIO()
    pyarrow.csv.write_csv(table, text, WITHOUT_HEADER)
    statement = f"COPY profiles_event ({', '.join(table.column_names)}) FROM STDIN (FORMAT csv)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getbuffer())
