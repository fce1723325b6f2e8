"""Writes events and their order lines: set-based, and each message counts once.

Files give events as columns (`store_columns`). Calls and the demo give rows (`store`), and these become columns.
"""

import io
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from typing import NamedTuple
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv
from django.db import connection, transaction
from psycopg.errors import UniqueViolation

from cdp.base.database.ids import next_numbers
from cdp.base.database.sql import copy_in, execute, value
from cdp.base.memory import gc_paused
from profiles import changes, vault
from profiles.changes import ChangeKind
from profiles.ingestion.events import names
from profiles.ingestion.events.lines import Line
from profiles.records import locks

PLACE = "profiles_event.sealed"
BLOCK = 5_000
TEXT = pa.large_string()
KEY = 16  # bytes
BINARY_COPY = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
WITHOUT_HEADER = pyarrow.csv.WriteOptions(include_header=False)


@dataclass(slots=True)
class EventRow:
    """One event to store. Times are aware; `key` is from `message_key`.

    identity: whose event it is (None for an anonymous receipt); it gives the profile, and `personal` is sealed to it.
    record: the identity's source record that the event came with.
    properties: open ones only. personal: those that could tell who it is; without an identity they are not kept.
    lines: the products of an order or a cart.
    """

    key: bytes
    source: int
    type: str
    name: str
    occurred_at: datetime
    received_at: datetime
    identity: UUID | None = None
    record: int | None = None
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
    lines: Sequence[Line] = ()


class Stored(NamedTuple):
    stored: int
    duplicates: int


class Owner(NamedTuple):
    """Whose events are: the identity, its record they come with, and its present profile."""

    identity: UUID
    record: int | None
    profile: UUID


# --- Keys --------------------------------------------------------------------------------------------------------

# In rising order, so that two writers never wait in a circle.
CLAIM = """
WITH fresh AS (
    INSERT INTO profiles_eventkey (key)
    SELECT key FROM (
        SELECT DISTINCT encode(substring(%b FROM n FOR 16), 'hex')::uuid AS key FROM generate_series(1, %s, 16) AS n
    ) AS given ORDER BY key
    ON CONFLICT DO NOTHING RETURNING key
)
SELECT string_agg(uuid_send(key), '') FROM fresh
"""


def message_key(source: int, message_id: str, *, is_test: bool = False) -> bytes:
    """The 16-byte key under which an event of a source is known for ever; test messages have keys of their own."""
    return vault.digest("test message" if is_test else "message", f"{source} {message_id}".encode())[:KEY]


def reserve_keys(keys: list[bytes]) -> pa.Array:
    """Enter keys for ever; give the places of those that were not there, of equal ones the first.

    Mostly all are new, so that is tried first.
    """
    try:
        with transaction.atomic():
            _copy_keys(keys)
        return pa.array(range(len(keys)), pa.int64())
    except UniqueViolation:
        return pa.array(_claim_some(keys), pa.int64())


def _copy_keys(keys: list[bytes]) -> None:
    """Binary COPY: before each key the number of columns and its length."""
    row = struct.pack(">hi", 1, KEY)
    statement = "COPY profiles_eventkey (key) FROM STDIN (FORMAT binary)"
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(BINARY_COPY + b"".join(row + key for key in sorted(keys)) + b"\xff\xff")


def _claim_some(keys: list[bytes]) -> list[int]:
    blob = b"".join(keys)
    entered = bytes(value(CLAIM, [blob, len(blob)]) or b"")
    fresh = {entered[start : start + KEY] for start in range(0, len(entered), KEY)}
    places = []
    for place, key in enumerate(keys):
        if key in fresh:
            fresh.remove(key)
            places.append(place)
    return places


def give_back(keys: list[bytes]) -> None:
    """Forget keys that were claimed in this transaction, of rows that were rejected after all."""
    execute("DELETE FROM profiles_eventkey WHERE key = ANY(%s)", [[UUID(bytes=key) for key in keys]])


# --- Events as rows ----------------------------------------------------------------------------------------------


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
    fresh = _fresh(block)
    store_rows(fresh)
    return len(fresh)


def _fresh(block: list[EventRow]) -> list[EventRow]:
    """Those whose keys were not known, of equal ones the first."""
    return [block[place] for place in reserve_keys([row.key for row in block]).to_pylist()]


def store_rows(rows: list[EventRow]) -> None:
    """Store events whose keys are reserved."""
    if not rows:
        return
    codes = pa.array(range(len(rows)), pa.int64())
    store_columns(_columns(rows), owners=owners(rows), codes=codes, lines=[row.lines for row in rows])


AS_THEY_ARE = ("type", "name", "category", "order_id", "product_id", "quantity", "price", "amount", "currency")
MOMENTS = ("occurred_at", "original_at", "sent_at", "received_at")


def _columns(block: list[EventRow]) -> dict[str, pa.Array]:
    columns = {name: [_text(getattr(row, name)) for row in block] for name in AS_THEY_ARE}
    columns |= {name: [_moment(getattr(row, name)) for row in block] for name in MOMENTS}
    columns |= {name: [_json(getattr(row, name)) for row in block] for name in ("properties", "personal")}
    columns["source_id"] = [str(row.source) for row in block]
    columns["flags"] = [as_array(row.flags) for row in block]
    return {name: pa.array(column, TEXT) for name, column in columns.items()}


def _text(value) -> str | None:
    return value if value is None or isinstance(value, str) else str(value)


def _moment(moment: datetime | None) -> str | None:
    return moment and moment.astimezone(UTC).isoformat(" ")


def _json(properties: dict | None) -> str | None:
    return orjson.dumps(properties, default=str).decode() if properties else None


def as_array(words: Sequence[str]) -> str | None:
    """Plain words as an array of the database; None where there are none."""
    return "{" + ",".join(words) + "}" if words else None


# --- Events as columns -------------------------------------------------------------------------------------------

SEEN = "SELECT profile, NULL::uuid AS object, '{events}'::text[] AS what FROM seen"
#: The profiles are locked in order, so that nobody waits in a circle.
SEE = f"""
WITH seen AS (
    SELECT * FROM unnest(%s::uuid[], %s::timestamptz[], %s::timestamptz[]) AS seen(profile, first, last)
), changed AS (
    SELECT p.id, seen.first, seen.last FROM profiles_profile p JOIN seen ON seen.profile = p.id
    WHERE p.first_seen_at > seen.first OR p.last_seen_at < seen.last
    OR p.first_seen_at IS NULL OR p.last_seen_at IS NULL ORDER BY p.id FOR NO KEY UPDATE OF p
), told AS (
    {changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=SEEN)}
)
UPDATE profiles_profile p SET first_seen_at = least(p.first_seen_at, changed.first),
    last_seen_at = greatest(p.last_seen_at, changed.last)
FROM changed WHERE p.id = changed.id
"""
#: Columns of `store_columns` that the table holds in another form.
TOLD_OTHERWISE = {"personal", "type", "name"}
LINE_VALUES = ("product_id", "category", "quantity", "price", "amount", "currency")


def owners(people: Sequence) -> list[Owner | None]:
    """With the present profile, which stays so until commit. An erased person owns nothing.

    people: anything with an `identity` and a `record`, or None.
    """
    profiles = locks.hold_people(one.identity for one in people if one and one.identity)
    return [
        Owner(one.identity, one.record, profiles[one.identity]) if one and one.identity in profiles else None
        for one in people
    ]


def store_columns(
    columns: dict[str, pa.Array],
    *,
    owners: list[Owner | None],
    codes: pa.Array,
    lines: Sequence[Sequence[Line]] = (),
) -> None:
    """Store events whose keys are reserved.

    columns: text by column of the table, but `type` and `name` in place of the number of the name; and `personal` as
    JSON, which is sealed to its identity.
    codes: whose each event is, as a place in `owners`. lines: of each event, in their order; empty where none has any.
    """
    profiles = _ids_of(owners, "profile").take(codes)
    _see(profiles, columns["occurred_at"])
    sealed = _sealed(columns["personal"], owners, codes)
    record = _ids_of(owners, "record").take(codes)
    told = {name: column for name, column in columns.items() if name not in TOLD_OTHERWISE}
    # Last: who registers a new name lets others wait for the commit.
    named = _name_ids(columns["type"], columns["name"])
    told |= {"profile_id": profiles, "record_id": record, "name_id": named, "sealed": sealed}
    if not any(lines):
        _copy_events(told)
        return
    ids = next_numbers("profiles_event", len(codes))
    _copy_events(told | {"id": pa.array(ids, pa.int64())})
    _copy_lines(ids, columns["occurred_at"], lines)


def _ids_of(owners: list[Owner | None], field: str) -> pa.Array:
    return pa.array([_text(one and getattr(one, field)) for one in owners], TEXT)


def _see(profiles: pa.Array, occurred_at: pa.Array) -> None:
    """Let the profiles know when they were seen first and last, and who follows changes."""
    table = pa.table({"profile": profiles, "at": occurred_at}).filter(pc.is_valid(profiles))
    seen = table.group_by("profile").aggregate([("at", "min"), ("at", "max")])
    execute(SEE, [seen[name].to_pylist() for name in ("profile", "at_min", "at_max")])


def _sealed(personal: pa.Array, owners: list[Owner | None], codes: pa.Array) -> pa.Array:
    """Personal properties as ciphertext. An event of nobody keeps none, nor one of somebody whose key is destroyed."""
    if personal.null_count == len(personal):
        return personal
    identities = [owner and owner.identity for owner in owners]
    ring = vault.Keyring.for_writing(identity for identity in identities if identity)
    texts = zip(personal.to_pylist(), (identities[code] for code in codes.to_pylist()), strict=True)
    return pa.array([_seal(ring, who, text) if who and text else None for text, who in texts], TEXT)


def _seal(ring: vault.Keyring, identity: UUID, text: str) -> str | None:
    try:
        return "\\x" + ring.seal(identity, PLACE, text).hex()
    except KeyError:
        return None


def _name_ids(types: pa.Array, called: pa.Array) -> pa.Array:
    """The number of the name of each event; no type holds a blank."""
    coded = pc.binary_join_element_wise(types, called, pa.scalar(" ", TEXT)).dictionary_encode()
    pairs = [tuple(pair.split(" ", 1)) for pair in coded.dictionary.to_pylist()]
    numbers = names.numbers(pairs)
    return pa.array([numbers[pair] for pair in pairs], pa.int32()).take(coded.indices)


def _copy_events(columns: dict[str, pa.Array]) -> None:
    """In the order of the index by person, whose pages are then filled one after the other."""
    events, text = pa.table(columns), io.BytesIO()
    in_order = pc.sort_indices(events, [("profile_id", "ascending"), ("occurred_at", "ascending")])
    pyarrow.csv.write_csv(events.take(in_order), text, WITHOUT_HEADER)
    statement = f"COPY profiles_event ({', '.join(columns)}) FROM STDIN (FORMAT csv)"
    with connection.wrap_database_errors, connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.write(text.getbuffer())


def _copy_lines(ids: list[int], occurred_at: pa.Array, lines: Sequence[Sequence[Line]]) -> None:
    copy_in(
        "profiles_orderline",
        ["event_id", "occurred_at", "position", *LINE_VALUES, "properties"],
        (
            (event, moment, position, *(getattr(line, name) for name in LINE_VALUES), _json(line.properties))
            for event, moment, of_event in zip(ids, occurred_at.to_pylist(), lines, strict=True)
            for position, line in enumerate(of_event, 1)
        ),
    )
