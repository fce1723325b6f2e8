"""From one call of the Segment specification to who it is of, what it says of them, and the event to store."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache

import orjson

from profiles.ingestion.events import clock
from profiles.ingestion.events.lines import MOST_LINES, PRODUCTS, hold_lines, read_lines
from profiles.ingestion.events.personal_properties import is_personal, split_personal
from profiles.ingestion.events.properties import extract_columns
from profiles.ingestion.events.store import EventRow, message_key
from profiles.models import Attribute, Namespace, Source
from profiles.models.events import EventType
from profiles.models.reference import NamespaceRole
from profiles.records import Person, WriteOutcome
from profiles.records.parsing import VERIFIED
from profiles.values.normal_form import normal
from profiles.values.pii_detection import contains_personal_data

NORMAL_SIZE = 32 * 1024
LARGEST = 256 * 1024
LONGEST_ID = 255
LONGEST_NAME = 200
DEVICE = "device"
REFUSED = "value_refused"
KINDS = frozenset(EventType.values)
#: Traits of the Segment specification whose names are not those of our catalogue in another spelling.
TRAITS = {
    "name": "full_name",
    "birthday": "birth_date",
    "created_at": "customer_since",
    "zip": "postal_code",
    "zip_code": "postal_code",
}
#: Traits that are objects: which of their parts are traits of their own.
NESTED = {
    "address": {
        name: TRAITS.get(name, name) for name in ("street", "city", "postal_code", "zip", "zip_code", "country")
    },
    "company": {"name": "company"},
}
#: What of the context is kept. Addresses of machines, user agents and copies of traits are not.
KEPT = {"campaign", "consent", "groupId", "page"}
PAGE = ("path", "title", "url", "referrer")
ADDRESSES = ("url", "referrer")
#: What says when a copy was sent, not what happened.
ENVELOPE = {"sentAt", "receivedAt", "_metadata", "writeKey", "messageId"}


class Unusable(Exception):
    """The event goes to the quarantine. The argument is the reason."""


@dataclass(slots=True)
class Call:
    """One usable call: the person it speaks of (with what it says of them), and the event without its owner."""

    person: Person
    row: EventRow

    def belong_to(self, owner: WriteOutcome) -> EventRow:
        """The event as the owner's. What could not be read of them is sealed with it."""
        self.row.identity, self.row.record = owner.identity, owner.record
        said = {code: value for code, value, _verified in self.person.identifiers} | self.person.traits
        _refuse(self.row, {note.field: said[note.field] for note in owner.notes})
        return self.row


class CallParser:
    """Reads the calls of one source with the vocabulary of the moment."""

    def __init__(self, source: Source, *, is_test: bool):
        self.source = source
        self.is_test = is_test
        self.threshold = timedelta(seconds=source.skew_threshold_seconds)
        self.attributes = {one.code: one for one in Attribute.objects.filter(active=True)}
        self.namespaces = {one.code: one for one in Namespace.objects.all()}
        self.own = next(one for one in self.namespaces.values() if one.pk == source.namespace_id)
        usable = {NamespaceRole.ANCHOR, NamespaceRole.LINKING, NamespaceRole.SUPPORTED}
        said = {one.code for one in self.namespaces.values() if one.role in usable}
        self.identifiers = {code for code in said if not code.endswith(VERIFIED)}
        self.normal = lru_cache(maxsize=10_000)(self._normal)

    def shape(self, event: dict, *, received_at: datetime, sent_at: datetime | None, call: str | None = None) -> Call:
        """The call. Raises Unusable with the reason of the quarantine."""
        kind = _kind(event, call)
        flags = _sized(event)
        key, derived = self.key(event)
        original = clock.read_clocks(event.get("originalTimestamp") or event.get("timestamp"))
        sent = clock.read_clocks(event.get("sentAt"))
        sent_at = sent.moment if sent else sent_at
        moment, clocked = self._moment(original, sent_at, received_at)
        person = self._person(kind, event, moment)
        row = EventRow(key, self.source.pk, kind, _name(kind, event), moment, received_at)
        row.original_at = original.moment if original and original.moment != moment else None
        row.sent_at = sent_at
        row.flags = (*flags, *derived, *clocked)
        self._tell(row, event, person)
        return Call(person, row)

    def key(self, event: dict) -> tuple[bytes, list[str]]:
        """The key under which the event is known for ever; one is derived from the content where none was given."""
        given = event.get("messageId")
        if given is None or given == "":
            told = {name: value for name, value in event.items() if name not in ENVELOPE}
            written = orjson.dumps(told, option=orjson.OPT_SORT_KEYS).decode()
            return message_key(self.source.pk, "derived " + written, is_test=self.is_test), ["derived"]
        if not isinstance(given, str | int) or len(str(given)) > LONGEST_ID:
            raise Unusable("bad_message_id")
        return message_key(self.source.pk, str(given), is_test=self.is_test), []

    def _moment(self, original, sent_at, received_at) -> tuple[datetime, list[str]]:
        try:
            return clock.effective(original, sent_at, received_at, self.threshold)
        except clock.TooOld:
            raise Unusable("bad_timestamp") from None

    # --- Who -----------------------------------------------------------------------------------------------------

    def _person(self, kind: str, event: dict, moment: datetime) -> Person:
        """By the source's own id, else by the device alone."""
        user = self.normal(self.own.code, _id(event.get("userId")))
        device = self.normal(DEVICE, _id(event.get("anonymousId")))
        if user:
            devices = [device, self.normal(DEVICE, _id(event.get("previousId"))) if kind == EventType.ALIAS else None]
            identifiers = [(DEVICE, one, False) for one in devices if one]
            return Person(user, identifiers, observed_at=moment, lenient=True)
        if device:
            return Person(device, observed_at=moment, namespace=DEVICE, lenient=True)
        raise Unusable("no_identity")

    def _normal(self, namespace: str, value: str | None) -> str | None:
        return value and normal(self.namespaces[namespace].normaliser, value, country=self.source.default_country)

    # --- What ----------------------------------------------------------------------------------------------------

    def _tell(self, row: EventRow, event: dict, person: Person) -> None:
        """Fill in the event's properties; what an identify says of the person goes to the person."""
        told = _object(event.get("properties"))
        if row.type == EventType.PAGE:
            told = _page(told)
        if row.type in (EventType.IDENTIFY, EventType.GROUP):
            told = _object(_object(event.get("context")).get("traits")) | _object(event.get("traits"))
        unread, named = {}, {}
        if row.type == EventType.IDENTIFY:
            told, unread = self._learn(person, told)
        if row.type == EventType.GROUP:
            named = {"name": told.pop("name")} if "name" in told else {}  # a group may be one person, or a family
            told = {"group_id": event.get("groupId"), **told}
        if row.type == EventType.ALIAS:
            told = {"previous_user_id": event.get("previousId"), **told}
        if category := event.get("category"):
            told = {"category": category, **told}
        if context := _context(event):
            told = {**told, "context": context}
        told, products = _without_products(row, told)
        opened, personal = split_personal(told)
        row.properties, row.personal = extract_columns(row, opened), personal | named
        _refuse(row, unread)
        if products:
            self._tell_lines(row, products)

    @staticmethod
    def _tell_lines(row: EventRow, products: list) -> None:
        row.lines, personal, flags = read_lines(products, currency=row.currency)
        row.flags += flags
        if personal:
            row.personal = row.personal | {PRODUCTS: personal}

    def _learn(self, person: Person, traits: dict) -> tuple[dict, dict]:
        """Move what the catalogue knows from `traits` to the person, unread: that is for who writes people.

        Gives what is left, and what cannot be an identifier.
        """
        left, unread = {}, {}
        for name, value in _spread(traits):
            code = TRAITS.get(_code(name), _code(name))
            if value is None or value == "":
                continue
            if isinstance(value, dict) or (code not in self.identifiers and code not in self.attributes):
                left[code if _code(name) in TRAITS else name] = value
            elif code not in self.identifiers:
                person.traits[code] = value
            elif said := _id(value):
                person.identifiers.append((code, said, False))
            else:
                unread[code] = value
        return left, unread


def _refuse(row: EventRow, unread: dict) -> None:
    """What was said of the person and could not be read is sealed with the event."""
    if unread:
        row.personal = row.personal | unread
        row.flags = (*row.flags, *({REFUSED} - set(row.flags)))


def _without_products(row: EventRow, told: dict) -> tuple[dict, list]:
    """The properties of an event without its order lines, and these. Raises Unusable where they are too many."""
    products = told.get(PRODUCTS)
    if row.type != EventType.TRACK or not hold_lines(row.name, products):
        return told, []
    if len(products) > MOST_LINES:
        raise Unusable("too_many_lines")
    return {name: value for name, value in told.items() if name != PRODUCTS}, products


def _sized(event: dict) -> list[str]:
    size = len(orjson.dumps(event))
    if size > LARGEST:
        raise Unusable("event_too_large")
    return ["large"] if size > NORMAL_SIZE else []


def named(event, call: str | None) -> tuple[str, str] | None:
    """The (type, name) of a call; None where it has none that can be used."""
    if not isinstance(event, dict):
        return None
    try:
        kind = _kind(event, call)
        return kind, _name(kind, event)
    except Unusable:
        return None


def _kind(event: dict, call: str | None) -> str:
    kind = event.get("type") or call
    if not isinstance(kind, str) or kind not in KINDS:
        raise Unusable("unknown_type")
    return kind


def _name(kind: str, event: dict) -> str:
    """What a track did, what a page is called; other calls are called by their type."""
    if kind == EventType.TRACK:
        name = event.get("event")
        if not isinstance(name, str) or not name.strip():
            raise Unusable("no_event_name")
    else:
        name = event.get("name") or _object(event.get("properties")).get("name")
        name = name if kind in (EventType.PAGE, EventType.SCREEN) and isinstance(name, str) and name.strip() else kind
    if not _is_fixed(name):
        raise Unusable("bad_event_name")
    return str(name).strip()


@lru_cache(maxsize=10_000)
def _is_fixed(name: str) -> bool:
    return len(name) <= LONGEST_NAME and not contains_personal_data(name)


def _id(value) -> str | None:
    """Absent ids come as null; numbers are ids as well; a whole text is none."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value) if len(str(value)) <= LONGEST_ID else None


def _object(value) -> dict:
    return value if isinstance(value, dict) else {}


def _spread(traits: dict) -> Iterator[tuple[str, object]]:
    """The traits, with known parts of the address and the company as traits of their own; what is left stays one."""
    for name, value in traits.items():
        known = NESTED.get(name)
        if known is None or not isinstance(value, dict):
            yield name, value
            continue
        yield from ((known[_code(part)], one) for part, one in value.items() if _code(part) in known)
        if rest := {part: one for part, one in value.items() if _code(part) not in known}:
            yield name, rest


@lru_cache(maxsize=10_000)
def _code(name: str) -> str:
    """`firstName`, `First name` and `first-name` are `first_name`."""
    return re.sub(r"[^a-z0-9]+", "_", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()).strip("_")


def _context(event: dict) -> dict:
    """The campaign, the page without its query, and the choice in a consent banner: evidence, never a grant."""
    context = _object(event.get("context"))
    if KEPT.isdisjoint(context):
        return {}
    kept = {name: context[name] for name in KEPT - {"page"} if context.get(name)}
    page = _page(_object(context.get("page")))
    if page := {name: page[name] for name in PAGE if page.get(name)}:
        kept["page"] = page
    return {name: value for name, value in kept.items() if not is_personal("", value)}


def _page(told: dict) -> dict:
    """A page without the query of its addresses, where sessions, searches and people are found."""
    return {
        name: _without_query(value) if name in ADDRESSES else value for name, value in told.items() if name != "search"
    }


def _without_query(address):
    return re.split(r"[?#]", address, maxsplit=1)[0] if isinstance(address, str) else address
