"""Rows that are events: each row counts once, however often and under whatever name its file comes."""

from collections import Counter
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.compute as pc

from cdp.base.database import clock
from cdp.base.memory import gc_paused
from profiles import records
from profiles.identity import resolve
from profiles.imports.files.rows import Block
from profiles.imports.mapping.persons import Content, PersonReader, Said
from profiles.imports.mapping.table import TEXT, MappedTable, chosen, distinct
from profiles.imports.run.loading import Load, Loaded, contents
from profiles.ingestion.events import months, names, store
from profiles.ingestion.events.lines import PRODUCTS, Line, read_lines
from profiles.ingestion.events.personal_properties import split_personal
from profiles.ingestion.events.store import KEY, as_array, message_key
from profiles.records import WriteOutcome, WriteState
from profiles.vault import digest

LENGTHS = {"category": 200, "order_id": 100, "product_id": 100, "currency": 3}
NUMBERS = ("quantity", "price", "amount")
REMEMBERED = 100_000


class EventSheet(NamedTuple):
    """The usable rows of a block as events: their columns by name, their keys, and whom each is about, as a code of
    `people`."""

    block: Block
    columns: dict[str, pa.Array]
    keys: list[bytes]
    codes: pa.Array
    people: list[Said]


class Events:
    """Loads blocks of events. A row without an external id is an event of nobody: it counts, and joins no profile."""

    def __init__(self, load: Load):
        self._load = load
        self._source = load.file_import.source_id
        self._event = load.spec["event"]
        self._type = self._event.get("type", "track")
        self._reader = PersonReader(load.spec)
        self._ids = MessageIds(self._source, load.file_import.mapping_id)
        self._written = lru_cache(REMEMBERED)(_written)
        self._known: dict[str, tuple[Content, WriteOutcome]] = {}

    @gc_paused()
    def read(self, block: Block) -> EventSheet:
        sheet = MappedTable(chosen(block, self._load.spec.get("when", [])), self._load.values)
        columns = self._columns(sheet)
        people = self._reader.columns(sheet)
        block, keep = sheet.fitting()
        columns = {name: column.take(keep) for name, column in columns.items()}
        keys = self._ids.keys(contents(block), columns.pop("message_id", None))
        return EventSheet(block, columns, keys, *people.distinct(keep))

    @gc_paused()
    def write(self, reading: EventSheet) -> Loaded:
        if not reading.keys:
            return Loaded(reading.block, [])
        fresh = store.reserve_keys(reading.keys)
        people = self._people(reading, fresh)
        refused = _refused(reading, fresh, people)
        if refused:
            store.give_back([reading.keys[at] for at in refused])
            fresh = pa.array([at for at in fresh.to_pylist() if at not in refused], pa.int64())
        self._store(reading, fresh, people)
        faults = {at: self._load.fault(one.problems[0]) for at, one in refused.items()}
        return Loaded(reading.block, _states(len(reading.keys), fresh)).without(faults)

    def prepare(self, reading: EventSheet) -> None:
        if reading.keys:
            months.make(_months(reading))
            names.register((self._type, name) for name in pc.unique(reading.columns["name"]).to_pylist())

    def forget(self) -> None:
        self._known.clear()

    # --- From cells to events -----------------------------------------------------------------------------------

    def _columns(self, sheet: MappedTable) -> dict[str, pa.Array]:
        event = self._event
        name = {"value": event["name"]} if isinstance(event["name"], str) else event["name"]
        columns = {
            "name": sheet.require(sheet.short(name, 200), name),
            "occurred_at": sheet.require(sheet.moment(event["occurred_at"]), event["occurred_at"]),
        }
        columns |= {field: sheet.short(event[field], limit) for field, limit in LENGTHS.items() if field in event}
        columns |= {field: sheet.number(event[field]) for field in NUMBERS if field in event}
        if "lines" in event:
            columns["lines"] = sheet.products(event["lines"])
        if "message_id" in event:
            columns["message_id"] = sheet.short(event["message_id"], 255)
        for place in ("properties", "personal"):
            columns |= {f"{place}.{key}": sheet.text(cell) for key, cell in event.get(place, {}).items()}
        return columns

    # --- Whose events they are ----------------------------------------------------------------------------------

    def _people(self, sheet: EventSheet, fresh: pa.Array) -> list[WriteOutcome | None]:
        """By code: what became of the people of the fresh rows, written where something new is said of them."""
        told = self._told(sheet, fresh)
        people = [
            self._reader.person(external_id, content, seen, sheet.block.numbers[at])
            for external_id, (content, seen, at) in told.items()
            if self._known.get(external_id, (None,))[0] != content
        ]
        written = records.write(people=people, **self._load.people())
        known = (self._known[external_id][1].identity for external_id in told if external_id in self._known)
        resolve(identities=written.touched, holding=written.identities | set(filter(None, known)))
        if len(self._known) > REMEMBERED:
            self._known = {one: self._known[one] for one in told if one in self._known}
        for person, outcome in zip(people, written.people, strict=True):
            self._known[person.external_id] = told[person.external_id][0], outcome
        return [self._known[external_id][1] if external_id in told else None for external_id, _content in sheet.people]

    def _told(self, sheet: EventSheet, fresh: pa.Array) -> dict[str, tuple[Content, datetime, int]]:
        """By external id: all that the fresh rows say of the person (the later row over the earlier), when, where."""
        moments = sheet.columns["occurred_at"].take(fresh)
        rows = pa.table({"code": sheet.codes.take(fresh), "at": moments, "place": fresh})
        latest = rows.group_by("code", use_threads=False).aggregate([("at", "max"), ("place", "min")])
        told: dict[str, tuple[Content, datetime, int]] = {}
        for row in latest.sort_by([("at_max", "ascending"), ("place_min", "ascending")]).to_pylist():
            external_id, content = sheet.people[row["code"]]
            if external_id is None:
                continue
            if external_id in told:
                content = _merged(told[external_id][0], content)
            told[external_id] = content, datetime.fromisoformat(row["at_max"]), row["place_min"]
        return told

    # --- Storing ------------------------------------------------------------------------------------------------

    def _store(self, sheet: EventSheet, places: pa.Array, people: list[WriteOutcome | None]) -> None:
        if not len(places):
            return
        columns = {name: column.take(places) for name, column in sheet.columns.items() if "." not in name}
        columns |= self._objects(sheet, places) | self._of_the_file(len(places))
        lines = _put_lines(columns)
        owners = store.owners(people)
        store.store_columns(columns, owners=owners, codes=sheet.codes.take(places), lines=lines)

    def _of_the_file(self, count: int) -> dict[str, pa.Array]:
        """What all events of the file have in common."""
        common = {
            "source_id": str(self._source),
            "file_import_id": str(self._load.file_import.number),
            "type": self._type,
            "received_at": clock.now().isoformat(),
        }
        return {name: pa.repeat(pa.scalar(text, TEXT), count) for name, text in common.items()}

    def _objects(self, sheet: EventSheet, places: pa.Array) -> dict[str, pa.Array]:
        """Open and personal properties as JSON; null where nothing is said. Rows that say the same are written once."""
        names = [name for name in sheet.columns if "." in name]
        if not names:
            return dict.fromkeys(("properties", "personal"), pa.nulls(len(places), TEXT))
        codes, rows = distinct([sheet.columns[name].take(places) for name in names])
        written = [self._written(tuple(names), row) for row in rows]
        return {
            name: pa.array(texts, TEXT).take(codes)
            for name, texts in zip(("properties", "personal"), zip(*written, strict=True), strict=True)
        }


def _put_lines(columns: dict[str, pa.Array]) -> list[list[Line]]:
    """The lines of each event, taken out of `columns`; what is personal in them goes to the event's, flags too."""
    texts = columns.pop("lines", None)
    if texts is None:
        return []
    currencies = columns.get("currency", pa.nulls(len(texts), TEXT)).to_pylist()
    read = [
        read_lines(orjson.loads(text) if text else [], currency=currency)
        for text, currency in zip(texts.to_pylist(), currencies, strict=True)
    ]
    personal = [
        _json((orjson.loads(said) if said else {}) | {PRODUCTS: one.personal}) if one.personal else said
        for one, said in zip(read, columns["personal"].to_pylist(), strict=True)
    ]
    columns["personal"] = pa.array(personal, TEXT)
    columns["flags"] = pa.array([as_array(one.flags) for one in read], TEXT)
    return [one.lines for one in read]


def _written(names: tuple[str, ...], cells: tuple[str | None, ...]) -> tuple[str | None, str | None]:
    """(open, personal) properties as JSON. One that looks personal is, whatever the mapping says."""
    said: dict[str, dict[str, str]] = {"properties": {}, "personal": {}}
    for name, text in zip(names, cells, strict=True):
        if text:
            place, _dot, key = name.partition(".")
            said[place][key] = text
    open_ones, suspect = split_personal(said["properties"])
    return _json(open_ones), _json(suspect | said["personal"])


def _json(row: dict) -> str | None:
    return orjson.dumps(row).decode() if row else None


def _months(sheet: EventSheet) -> list[str]:
    return pc.unique(pc.utf8_slice_codeunits(sheet.columns["occurred_at"], 0, 7)).to_pylist()


def _refused(sheet: EventSheet, fresh: pa.Array, people: list[WriteOutcome | None]) -> dict[int, WriteOutcome]:
    """By place: rows of people who were refused."""
    refused = {code: one for code, one in enumerate(people) if one and one.problems}
    if not refused:
        return {}
    codes = sheet.codes.take(fresh).to_pylist()
    return {at: refused[code] for at, code in zip(fresh.to_pylist(), codes, strict=True) if code in refused}


def _states(count: int, fresh: pa.Array) -> list[WriteState]:
    new = set(fresh.to_pylist()) if len(fresh) < count else range(count)
    return [WriteState.NEW if at in new else WriteState.UNCHANGED for at in range(count)]


def _merged(earlier: Content, later: Content) -> Content:
    identifiers = tuple(dict.fromkeys([*earlier[0], *later[0]]))
    return identifiers, tuple((dict(earlier[1]) | dict(later[1])).items())


class MessageIds:
    """Gives each row the key under which it counts once: by its message id, else by its content and by how many equal
    rows came before it in the file. Remembers the key of each different content, some 90 bytes of memory a row."""

    def __init__(self, source: int, mapping: UUID):
        self._source = source
        self._secret = digest("import rows", mapping.bytes)
        self._met: set[bytes] = set()
        self._again: Counter = Counter()

    def keys(self, contents: list[bytes], given: pa.Array | None) -> list[bytes]:
        if given is None:
            return self._of(contents)
        pairs = zip(given.to_pylist(), contents, strict=True)
        return [message_key(self._source, id) if id else self._of([content])[0] for id, content in pairs]

    def _of(self, contents: list[bytes]) -> list[bytes]:
        met, secret, keys = self._met, self._secret, []
        for content in contents:
            key = blake2b(content, digest_size=KEY, key=secret).digest()
            if key in met:
                self._again[key] += 1
                key = blake2b(content, digest_size=KEY, key=secret, salt=b"%d" % self._again[key]).digest()
            else:
                met.add(key)
            keys.append(key)
        return keys
