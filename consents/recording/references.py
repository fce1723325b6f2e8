"""What decisions refer to: people, purposes, notices, collection points. Read once for a whole list of them."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cdp.base.database.sql import rows
from consents.models import CollectionPoint, ConsentRecord, Controller, Method, NoticeVersion, Purpose, PurposeVersion
from consents.models.reference import in_force
from consents.recording.statement import ConsentStatement
from consents.state import contact_points
from consents.state.contact_points import Contact
from profiles.models import Source
from profiles.values.lookup import blind_raw


class KnownPerson(NamedTuple):
    """Whom a decision is about: the id it is recorded under, the present profile, whether erased, whether test data."""

    identity: UUID
    profile: UUID
    erased: bool
    is_test: bool


class Choice(NamedTuple):
    """What one standing answer is about."""

    profile: UUID
    purpose: int
    channel: str
    controller: int
    contact_ref: UUID | None


class References:
    """The reference data and people that some decisions name. One query a kind, whatever their number."""

    def __init__(self, statements: Sequence[ConsentStatement]):
        self.sources = _by(Source.objects, "code", {statement.source for statement in statements})
        self.controllers = _by(Controller.objects, "key", {statement.controller for statement in statements})
        self.purposes = _by(Purpose.objects, "key", {statement.purpose for statement in statements})
        self.points = _by(CollectionPoint.objects, "key", {statement.collection_point for statement in statements})
        self.namespaces = contact_points.namespaces()
        self.notices = _notices({statement.notice for statement in statements if statement.notice})
        self._versions = _versions(self.purposes.values())
        self._asks = _pairs(CollectionPoint.purposes.through, "collectionpoint_id", self.points.values(), "purpose_id")
        self._covers = _covers(self.notices.values())
        self._people = _people(statements)
        self._by_record = _people_of_records(statements)
        self._by_identifier = _people_of_identifiers(statements, self)
        links = [statement for statement in statements if statement.method == Method.LINK and statement.grants]
        self._waiting = self._waiting_for(links)
        self._asked_addresses = contact_points.known_refs(filter(None, map(self.contact, links)))

    def person(self, statement: ConsentStatement) -> list[KnownPerson]:
        """Whom the decision may mean: one, none, or several where an identifier is shared."""
        if statement.profile:
            found = self._people.get(statement.profile, [])
        elif statement.record:
            found = self._by_record.get(statement.record, [])
        else:
            found = self._by_identifier.get(statement.identifier, [])
        return [one for one in found if statement.among_test_people in (None, one.is_test)]

    def contact(self, statement: ConsentStatement) -> Contact | None:
        """The address that the decision is about, read as its source writes numbers; None without one."""
        if statement.contact is None:
            return None
        source = self.sources.get(statement.source)
        country = source.default_country if source else None
        return contact_points.contact(*statement.contact, known=self.namespaces, country=country)

    def asked_at(self, statement: ConsentStatement) -> datetime | None:
        """When the person was asked for exactly what this confirms by link; None where that does not wait."""
        choices = [self._choice(person, statement) for person in self.person(statement)]
        return next((self._waiting[choice] for choice in choices if choice in self._waiting), None)

    def _choice(self, person: KnownPerson, statement: ConsentStatement) -> Choice | None:
        """What the decision is about; None where it names what there is not, such as an address never asked about."""
        purpose, controller = self.purposes.get(statement.purpose), self.controllers.get(statement.controller)
        contact_ref = self._asked_addresses.get(self.contact(statement)) if statement.contact else None
        if purpose is None or controller is None or (statement.contact and contact_ref is None):
            return None
        return Choice(person.profile, purpose.pk, statement.channel, controller.pk, contact_ref)

    def _waiting_for(self, links: list[ConsentStatement]) -> dict[Choice, datetime]:
        """What waits to be confirmed by link, of the people of `links`, and when they were asked for it."""
        profiles = {person.profile for statement in links for person in self.person(statement)}
        found = ConsentRecord.objects.filter(profile__in=profiles, doi_pending=True)
        return {
            Choice(one.profile_id, one.purpose_id, one.channel, one.controller_id, one.contact_ref): one.effective_at
            for one in (found if profiles else ())
        }

    def record_is_of_another(self, statement: ConsentStatement, person: KnownPerson) -> bool:
        return {other.profile for other in self._by_record.get(statement.record, [])} != {person.profile}

    def may_ask(self, point: CollectionPoint, purpose: Purpose) -> bool:
        return purpose.pk in self._asks[point.pk]

    def version(self, purpose: Purpose, notice: NoticeVersion | None, moment: datetime) -> PurposeVersion | None:
        """The rules that the answer was given under: those the notice covers, else those in force at `moment`."""
        if notice:
            return self._covers[notice.pk].get(purpose.pk)
        return in_force(self._versions[purpose.pk], moment)


def references_of(keys: Iterable[tuple[int, str]]) -> dict[tuple[int, str], tuple[int, str]]:
    """What the ledger holds under these ids: (source, event id) -> (position, digest of the decision)."""
    sources, events = zip(*keys, strict=True)
    found = rows(
        """
        SELECT asked.source, asked.event, l.history_id, l.body_digest
        FROM unnest(%s::int[], %s::text[]) AS asked(source, event) JOIN LATERAL (
            SELECT history_id, body_digest FROM consents_historicalconsentrecord
            WHERE source_id = asked.source AND source_event_id = asked.event LIMIT 1) l ON TRUE
        """,
        [list(sources), list(events)],
    )
    return {(source, event): (position, body) for source, event, position, body in found}


def _by(manager, field: str, values: set[str]) -> dict:
    return {getattr(found, field): found for found in manager.filter(**{f"{field}__in": values})}


def _notices(named: set[tuple[str, str, int]]) -> dict[tuple[str, str, int], NoticeVersion]:
    found = NoticeVersion.objects.defer("text").filter(key__in={key for key, _language, _version in named})
    return {
        words: notice
        for notice in (found if named else ())
        if (words := (notice.key, notice.language, notice.version)) in named
    }


def _versions(purposes) -> dict[int, list[PurposeVersion]]:
    published = PurposeVersion.objects.filter(purpose__in=list(purposes), published_at__isnull=False)
    versions = defaultdict(list)
    for version in published:
        versions[version.purpose_id].append(version)
    return versions


def _covers(notices) -> dict[int, dict[int, PurposeVersion]]:
    """Notice -> purpose -> the newest version of it that the notice covers."""
    through = NoticeVersion.purposes.through.objects.filter(noticeversion__in=list(notices))
    covers = defaultdict(dict)
    for pair in through.select_related("purposeversion").order_by("purposeversion__number"):
        covers[pair.noticeversion_id][pair.purposeversion.purpose_id] = pair.purposeversion
    return covers


def _pairs(through, left: str, objects, right: str) -> dict[int, set[int]]:
    pairs = defaultdict(set)
    for one, other in through.objects.filter(**{f"{left}__in": [o.pk for o in objects]}).values_list(left, right):
        pairs[one].add(other)
    return pairs


_PERSON = """SELECT {key}, s.id, s.profile_id, p.erased_at IS NOT NULL, p.is_test
             FROM {of} JOIN profiles_profile p ON p.id = s.profile_id"""


def _people(statements) -> dict[UUID, list[KnownPerson]]:
    asked = list({statement.profile for statement in statements if statement.profile})
    sql = _PERSON.format(key="s.id", of="profiles_sourceidentity s") + " WHERE s.id = ANY(%s)"
    return {key: [KnownPerson(*found)] for key, *found in (rows(sql, [asked]) if asked else ())}


def _people_of_records(statements) -> dict[int, list[KnownPerson]]:
    asked = list({statement.record for statement in statements if statement.record})
    of = "profiles_record r JOIN profiles_sourceidentity s ON s.id = r.identity_id"
    sql = _PERSON.format(key="r.id", of=of) + " WHERE r.id = ANY(%s)"
    return {key: [KnownPerson(*found)] for key, *found in (rows(sql, [asked]) if asked else ())}


def _people_of_identifiers(statements, known: References) -> dict[tuple[str, str], list[KnownPerson]]:
    """Each identifier with the people who hold it: the oldest identity stands for its profile."""
    asked = {statement.identifier: _blind(statement, known) for statement in statements if statement.identifier}
    wanted = [place for place in asked.values() if place]
    if not wanted:
        return {}
    of = """profiles_identifier i JOIN unnest(%s::int[], %s::uuid[]) w(namespace, blind)
            ON w.namespace = i.namespace_id AND w.blind = i.blind
        JOIN profiles_sourceidentity s ON s.id = i.identity_id"""
    key = "DISTINCT ON (i.namespace_id, i.blind, s.profile_id) i.namespace_id, i.blind"
    sql = _PERSON.format(key=key, of=of) + " ORDER BY i.namespace_id, i.blind, s.profile_id, s.id"
    found = defaultdict(list)
    for namespace, digest, *person in rows(sql, list(map(list, zip(*wanted, strict=True)))):
        found[namespace, digest].append(KnownPerson(*person))
    return {identifier: found[place] for identifier, place in asked.items() if place}


def _blind(statement: ConsentStatement, known: References) -> tuple[int, UUID] | None:
    code, raw = statement.identifier
    namespace, source = known.namespaces.get(code), known.sources.get(statement.source)
    if namespace is None:
        return None
    digest = blind_raw(namespace, raw, country=source.default_country if source else None)
    return (namespace.pk, digest) if digest else None
