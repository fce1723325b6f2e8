"""Rows that are events: each row counts once, however often and under whatever name its file comes."""

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

import orjson
import pyarrow as pa

from profiles import facts
from profiles.facts import Outcome, State
from profiles.imports import event_copy
from profiles.imports.loading import Load, Loaded, contents
from profiles.imports.persons import Content, PersonReader
from profiles.imports.rows import Block
from profiles.imports.sheet import Sheet, chosen
from profiles.ingestion.events import message_key
from profiles.ingestion.personal import parted
from profiles.resolution import resolve
from profiles.vault import digest

LENGTHS = {"category": 200, "order_id": 100, "product_id": 100, "currency": 3}
NUMBERS = ("quantity", "price", "amount")
REMEMBERED = 100_000


class EventSheet(NamedTuple):
    """The usable rows of a block as events: columns by name; (external id, what is said of the person) and the key of
    each."""

    block: Block
    columns: dict[str, pa.Array]
    people: list[tuple[str | None, Content]]
    keys: list[bytes]


class Events:
    """Loads blocks of events. A row without an external id is an event of nobody: it counts, and joins no profile."""

    def __init__(self, load: Load):
        self._load = load
        self._source = load.batch.source_id
        self._event = load.spec["event"]
        self._reader = PersonReader(load.spec)
        self._ids = MessageIds(load.batch.mapping_id)
        self._objects = _Objects(list(self._event.get("properties", {})), list(self._event.get("personal", {})))
        self._known: dict[str, tuple[Content, Outcome]] = {}

    def read(self, block: Block) -> EventSheet:
        sheet = Sheet(chosen(block, self._load.spec.get("when", [])), self._load.values)
        columns = self._columns(sheet)
        people = self._reader.columns(sheet)
        block, keep = sheet.fitting()
        columns = {name: column.take(keep) for name, column in columns.items()}
        return EventSheet(block, columns, people.rows(keep), self._keys(block, columns.get("message_id")))

    def write(self, reading: EventSheet) -> Loaded:
        event_copy.make_months(reading.columns["occurred_at"])
        fresh = _first_places(reading.keys, event_copy.claim(self._source, reading.keys))
        people = self._people(reading, fresh)
        refused = {at: one for at in fresh if (one := people.get(reading.people[at][0])) and one.problems}
        if refused:
            event_copy.give_back(self._source, [reading.keys[at] for at in refused])
        self._store(reading, [at for at in fresh if at not in refused], people)
        states = [State.UNCHANGED] * len(reading.keys)
        for at in fresh:
            states[at] = State.NEW
        faults = {at: self._load.fault(one.problems[0]) for at, one in refused.items()}
        return Loaded(reading.block, states).without(faults)

    def forget(self) -> None:
        self._known.clear()

    # --- From cells to events -----------------------------------------------------------------------------------

    def _columns(self, sheet: Sheet) -> dict[str, pa.Array]:
        event = self._event
        name = {"value": event["name"]} if isinstance(event["name"], str) else event["name"]
        columns = {
            "name": sheet.require(sheet.short(name, 200), name),
            "occurred_at": sheet.require(sheet.moment(event["occurred_at"]), event["occurred_at"]),
        }
        columns |= {field: sheet.short(event[field], limit) for field, limit in LENGTHS.items() if field in event}
        columns |= {field: sheet.number(event[field]) for field in NUMBERS if field in event}
        if "message_id" in event:
            columns["message_id"] = sheet.short(event["message_id"], 255)
        for place in ("properties", "personal"):
            cells = event.get(place, {})
            columns |= {f"{place}.{key}": sheet.text(cell) for key, cell in cells.items()}
        return columns

    def _keys(self, block: Block, given: pa.Array | None) -> list[bytes]:
        return self._ids.keys(contents(block), given.to_pylist() if given is not None else None)

    # --- Whose events they are ----------------------------------------------------------------------------------

    def _people(self, sheet: EventSheet, fresh: list[int]) -> dict[str, Outcome]:
        """What became of the people of the fresh rows, by external id: written where something new is said of them."""
        told = self._told(sheet, fresh)
        people = [
            self._reader.person(external_id, content, seen, sheet.block.numbers[at])
            for external_id, (content, seen, at) in told.items()
            if self._known.get(external_id, (None,))[0] != content
        ]
        written = facts.write(people=people, **self._load.people())
        resolve(subjects=written.touched)
        if len(self._known) > REMEMBERED:
            self._known.clear()
        for person, outcome in zip(people, written.people, strict=True):
            self._known[person.external_id] = told[person.external_id][0], outcome
        return {external_id: self._known[external_id][1] for external_id in told}

    def _told(self, sheet: EventSheet, fresh: list[int]) -> dict[str, tuple[Content, datetime, int]]:
        """By external id: all that the fresh rows say of the person (the later row over the earlier), when, where."""
        moments = sheet.columns["occurred_at"].to_pylist()
        told: dict[str, tuple[Content, str, int]] = {}
        for at in sorted(fresh, key=moments.__getitem__):
            external_id, content = sheet.people[at]
            if external_id is None:
                continue
            earlier = told.get(external_id)
            content = _merged(earlier[0], content) if earlier and earlier[0] != content else content
            told[external_id] = content, moments[at], at
        return {
            external_id: (content, datetime.fromisoformat(moment), at)
            for external_id, (content, moment, at) in told.items()
        }

    # --- Storing ------------------------------------------------------------------------------------------------

    def _store(self, sheet: EventSheet, places: list[int], people: dict[str, Outcome]) -> None:
        if not places:
            return
        owners = event_copy.owners(people)
        event_copy.store(
            batch=self._load.batch,
            type=self._event.get("type", "track"),
            columns=self._stored_columns(sheet, pa.array(places, pa.int64())),
            owners=[owners.get(sheet.people[at][0]) for at in places],
        )

    def _stored_columns(self, sheet: EventSheet, places: pa.Array) -> dict[str, pa.Array | list]:
        columns = {
            name: column.take(places)
            for name, column in sheet.columns.items()
            if name != "message_id" and "." not in name
        }
        cells = [sheet.columns[name].take(places).to_pylist() for name in sheet.columns if "." in name]
        objects = [self._objects.written(row) for row in zip(*cells, strict=True)] or [(None, None)] * len(places)
        columns["properties"], columns["personal"] = map(list, zip(*objects, strict=True))
        return columns


class _Objects:
    """Writes the properties of rows as JSON: (open, personal), None where nothing is said. A property that looks
    personal is, whatever the mapping says. Rows that say the same are written once."""

    def __init__(self, open_names: list[str], personal_names: list[str]):
        self._names = open_names, personal_names
        self.written = lru_cache(REMEMBERED)(self._written)

    def _written(self, cells: tuple[str | None, ...]) -> tuple[str | None, str | None]:
        open_names, personal_names = self._names
        said = {name: text for name, text in zip(open_names, cells, strict=False) if text}
        private = {name: text for name, text in zip(personal_names, cells[len(open_names) :], strict=True) if text}
        said, suspect = parted(said)
        return _json(said), _json(suspect | private)


def _json(row: dict[str, str]) -> str | None:
    return orjson.dumps(row).decode() if row else None


def _first_places(keys: list[bytes], claimed: set[bytes]) -> list[int]:
    """Where the claimed keys stand; of equal keys the first."""
    places = []
    for at, key in enumerate(keys):
        if key in claimed:
            claimed.remove(key)
            places.append(at)
    return places


def _merged(earlier: Content, later: Content) -> Content:
    identifiers = tuple(dict.fromkeys([*earlier[0], *later[0]]))
    return identifiers, tuple((dict(earlier[1]) | dict(later[1])).items())


class MessageIds:
    """Gives each row the key under which it counts once: by its message id, else by its content and by how many equal
    rows came before it in the file. Remembers 8 bytes of each different content, some 70 bytes of memory a row."""

    def __init__(self, mapping: UUID):
        self._secret = digest("import rows", mapping.bytes)
        self._met: set[bytes] = set()
        self._again: Counter = Counter()

    def keys(self, contents: Iterable[str], given: list[str | None] | None) -> list[bytes]:
        if given is None:
            return [self._of(content.encode()) for content in contents]
        pairs = zip(given, contents, strict=True)
        return [message_key(id) if id else self._of(content.encode()) for id, content in pairs]

    def _of(self, content: bytes) -> bytes:
        key = blake2b(content, digest_size=16, key=self._secret).digest()
        short = key[:8]
        if short not in self._met:
            self._met.add(short)
            return key
        self._again[short] += 1
        return blake2b(content, digest_size=16, key=self._secret, salt=b"%d" % self._again[short]).digest()
