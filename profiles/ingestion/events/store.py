"""Writes events given as rows, as calls and the demo do: set-based, and each message counts once.

Files give theirs as columns: `event_columns` writes them the same way, under the same keys.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import orjson
from django.db import transaction

from cdp.base.database.ids import uuid7s
from cdp.base.database.sql import copy_in, execute, value
from cdp.base.memory import gc_paused
from profiles import changes, vault
from profiles.changes import ChangeKind
from profiles.records import locks

PLACE = "profiles_event.sealed"
BLOCK = 5_000


@dataclass(slots=True)
class EventRow:
    """One event to store. Times are aware; `key` is from `message_key`.

    identity: whose event it is (None for an anonymous receipt); it gives the profile, and `personal` is sealed to it.
    record: the identity's source record that the event came with.
    properties: open ones only. personal: those that could tell who it is; without an identity they are not kept.
    """

    key: bytes
    source: int
    type: str
    name: str
    occurred_at: datetime
    received_at: datetime
    identity: UUID | None = None
    record: UUID | None = None
    file_import: UUID | None = None
    category: str | None = None
    order_id: str | None = None
    product_id: str | None = None
    quantity: Decimal | int | float | str | None = None
    price: Decimal | int | float | str | None = None
    amount: Decimal | int | float | str | None = None
    currency: str | None = None
    properties: dict | None = None
    personal: dict | None = None
    original_at: datetime | None = None
    sent_at: datetime | None = None
    flags: tuple[str, ...] = ()


class Stored(NamedTuple):
    stored: int
    duplicates: int


STAGE = """
CREATE TEMP TABLE IF NOT EXISTS stage_event (
    key bytea, identity_id uuid, id uuid, occurred_at timestamptz, source_id smallint, record_id uuid,
    file_import_id uuid,
    type varchar, name varchar, category varchar, order_id varchar, product_id varchar, quantity numeric,
    price numeric, amount numeric, currency varchar, properties jsonb, sealed bytea, original_at timestamptz,
    sent_at timestamptz, received_at timestamptz, flags varchar[]
) ON COMMIT DELETE ROWS
"""
COLUMNS = [
    *[
        "id",
        "occurred_at",
        "source_id",
        "record_id",
        "file_import_id",
        "type",
        "name",
        "category",
        "order_id",
        "product_id",
    ],
    *["quantity", "price", "amount", "currency", "properties", "sealed", "original_at", "sent_at", "received_at"],
    "flags",
]

SEEN = "SELECT profile, NULL::uuid AS object, '{events}'::text[] AS what FROM seen WHERE profile IS NOT NULL"
#: After `seen (profile, first, last)`: lets the profiles know. They are locked in order, so nobody waits in a circle.
SEE = f"""
changed AS (
    SELECT p.id, seen.first, seen.last FROM profiles_profile p JOIN seen ON seen.profile = p.id
    WHERE p.first_seen_at > seen.first OR p.last_seen_at < seen.last
    OR p.first_seen_at IS NULL OR p.last_seen_at IS NULL ORDER BY p.id FOR NO KEY UPDATE OF p
), updated AS (
    UPDATE profiles_profile p SET first_seen_at = least(p.first_seen_at, changed.first),
        last_seen_at = greatest(p.last_seen_at, changed.last), updated_at = now()
    FROM changed WHERE p.id = changed.id RETURNING p.id
), told AS (
    {changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=SEEN)}
)
"""

APPLY = f"""
WITH fresh AS (
    INSERT INTO profiles_eventkey (source_id, key) SELECT source_id, key FROM stage_event ORDER BY source_id, key
    ON CONFLICT DO NOTHING RETURNING source_id, key
), stored AS (
    INSERT INTO profiles_event (profile_id, {", ".join(COLUMNS)})
    SELECT s.profile_id, {", ".join(f"stage_event.{name}" for name in COLUMNS)}
    FROM stage_event JOIN fresh USING (source_id, key)
    LEFT JOIN profiles_sourceidentity s ON s.id = stage_event.identity_id
    RETURNING profile_id, occurred_at
), seen AS (
    SELECT profile_id AS profile, min(occurred_at) AS first, max(occurred_at) AS last FROM stored GROUP BY profile_id
), {SEE}
SELECT count(*) FROM stored
"""


def message_key(message_id: str, *, is_test: bool = False) -> bytes:
    """The 16-byte key under which an event of a source is known for ever; test messages have keys of their own."""
    return vault.digest("test message" if is_test else "message", message_id.encode())[:16]


@gc_paused()
@transaction.atomic
def store(rows: Iterable[EventRow]) -> Stored:
    """Store events in blocks, each message once; those stored earlier, or twice in `rows`, count as duplicates.

    A transaction that also resolves people does that first, and names there all of whom it stores events.
    """
    stored = given = 0
    rows = iter(rows)
    while block := list(islice(rows, BLOCK)):
        given += len(block)
        stored += _store_block(block)
    return Stored(stored, given - stored)


def _store_block(block: list[EventRow]) -> int:
    block = _once_each(block)
    locks.hold_people(row.identity for row in block if row.identity)
    execute(STAGE)
    execute("DELETE FROM stage_event")
    seal = _sealer(block)
    copy_in("stage_event", ["key", "identity_id", *COLUMNS], _staged(block, seal))
    return value(APPLY)


def _once_each(block: list[EventRow]) -> list[EventRow]:
    first: dict[tuple[int, bytes], EventRow] = {}
    for row in block:
        first.setdefault((row.source, row.key), row)
    return list(first.values())


def _staged(block: list[EventRow], seal: Callable[[EventRow], bytes | None]) -> Iterator[tuple]:
    """Rows for COPY. Nothing in here may ask the database: the connection is busy copying."""
    for id, row in zip(uuid7s(len(block)), block, strict=True):
        yield (
            row.key,
            row.identity,
            id,
            row.occurred_at,
            row.source,
            row.record,
            row.file_import,
            row.type,
            row.name,
            row.category,
            row.order_id,
            row.product_id,
            row.quantity,
            row.price,
            row.amount,
            row.currency,
            _json(row.properties),
            seal(row) if row.personal else None,
            row.original_at,
            row.sent_at,
            row.received_at,
            "{" + ",".join(row.flags) + "}",
        )


def _sealer(block: list[EventRow]) -> Callable[[EventRow], bytes | None]:
    """Seals a row's personal properties; None where the key is destroyed: nothing more is learnt of them."""
    ring = vault.Keyring.for_writing({row.identity for row in block if row.personal and row.identity})

    def seal(row: EventRow) -> bytes | None:
        try:
            return ring.seal(row.identity, PLACE, _json(row.personal))
        except KeyError:
            return None

    return seal


def _json(properties: dict | None) -> str | None:
    return orjson.dumps(properties, default=str).decode() if properties else None
