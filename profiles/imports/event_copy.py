"""Events of a file into the table of events by COPY, column by column, under the same keys as events that are sent."""

import io
import os
import time
from typing import NamedTuple
from uuid import UUID

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection, transaction
from django.utils import timezone
from psycopg.errors import UniqueViolation

from cdp.kit.sql import execute, rows, value
from profiles.facts import Outcome
from profiles.imports.loading import TEXT
from profiles.ingestion.events import PLACE
from profiles.models import Batch
from profiles.resolution import steady
from profiles.vault import Keyring

KEY = 16  # bytes
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
SEE = """
WITH seen AS (
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS seen(profile, first, last)
), changed AS (
    SELECT p.id, seen.first, seen.last FROM profiles_profile p JOIN seen ON seen.profile = p.id
    WHERE p.first_seen_at > seen.first OR p.last_seen_at < seen.last
    OR p.first_seen_at IS NULL OR p.last_seen_at IS NULL ORDER BY p.id FOR NO KEY UPDATE OF p
)
UPDATE profiles_profile p SET first_seen_at = least(p.first_seen_at, changed.first),
    last_seen_at = greatest(p.last_seen_at, changed.last), updated_at = now()
FROM changed WHERE p.id = changed.id
"""


class Owner(NamedTuple):
    """Whose an event is, its ids as text for COPY as well."""

    subject: UUID
    subject_text: str
    record_text: str
    profile_text: str


def make_months(occurred_at: pa.Array) -> None:
    """Partitions first: making one waits for every writer of events, so it must not come after rows of our own."""
    months = pc.unique(pc.utf8_slice_codeunits(occurred_at, 0, 7)).to_pylist()
    firsts = [f"{month}-01 00:00:00+00" for month in sorted(months)]
    execute("SELECT profiles_event_month(month) FROM unnest(%s::timestamptz[]) AS month", [firsts])


def claim(source: int, keys: list[bytes]) -> set[bytes]:
    """Enter keys for ever; give those that were not there. Mostly all or none is new, and all is tried first."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            with cursor.copy("COPY profiles_eventkey (source_id, key) FROM STDIN") as copy:
                copy.write("".join(f"{source}\t\\\\x{key.hex()}\n" for key in sorted(keys)))
        return set(keys)
    except UniqueViolation:
        return _claim_some(source, keys)


def _claim_some(source: int, keys: list[bytes]) -> set[bytes]:
    blob = b"".join(keys)
    fresh = bytes(value(CLAIM, [source, blob, len(blob)]) or b"")
    return {fresh[start : start + KEY] for start in range(0, len(fresh), KEY)}


def give_back(source: int, keys: list[bytes]) -> None:
    """Forget keys that were claimed in this transaction, of rows that were rejected after all."""
    execute("DELETE FROM profiles_eventkey WHERE source_id = %s AND key = ANY(%s)", [source, keys])


def owners(outcomes: dict[str, Outcome]) -> dict[str, Owner]:
    """By external id, with the present profile, which stays so until commit. An erased person owns nothing."""
    steady()
    subjects = list({one.subject for one in outcomes.values() if one.subject})
    profiles = dict(rows("SELECT id, profile_id FROM profiles_subject WHERE id = ANY(%s)", [subjects]))
    return {
        external_id: Owner(one.subject, str(one.subject), str(one.record), str(profiles[one.subject]))
        for external_id, one in outcomes.items()
        if one.subject in profiles
    }


def store(*, batch: Batch, type: str, columns: dict, owners: list[Owner | None]) -> None:
    """Store events. `columns`: text by column of the table, and `personal` as JSON, which is sealed to its subject."""
    count = len(owners)
    profiles = pa.array([one.profile_text if one else None for one in owners], TEXT)
    _see(profiles, columns["occurred_at"])
    columns = columns | {
        "sealed": _sealed(columns["personal"], owners),
        "record_id": [one.record_text if one else None for one in owners],
        "profile_id": profiles,
        "id": _ids(count),
        "source_id": pa.repeat(str(batch.source_id), count),
        "batch_id": pa.repeat(str(batch.pk), count),
        "type": pa.repeat(type, count),
        "received_at": pa.repeat(timezone.now().isoformat(), count),
    }
    del columns["personal"]
    _copy(pa.table({name: _text(column) for name, column in columns.items()}))


def _see(profiles: pa.Array, occurred_at: pa.Array) -> None:
    """Let the profiles know when they were seen first and last."""
    table = pa.table({"profile": profiles, "at": occurred_at}).filter(pc.is_valid(profiles))
    seen = table.group_by("profile").aggregate([("at", "min"), ("at", "max")])
    execute(SEE, [seen[name].to_pylist() for name in ("profile", "at_min", "at_max")])


def _sealed(personal: list[str | None], owners: list[Owner | None]) -> list[str | None]:
    """Personal properties as ciphertext; an event of nobody keeps none."""
    named = {one.subject for one, text in zip(owners, personal, strict=True) if one and text}
    if not named:
        return [None] * len(owners)
    ring = Keyring.of(named)
    return [
        "\\x" + ring.seal(one.subject, PLACE, text).hex() if one and text else None
        for one, text in zip(owners, personal, strict=True)
    ]


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


def _text(column: pa.Array | list) -> pa.Array:
    return column if isinstance(column, pa.Array) else pa.array(column, TEXT)
