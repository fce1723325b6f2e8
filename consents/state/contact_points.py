"""Which address or number a decision is about, and which of them a person can be written to at."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cdp.base.database.ids import uuid7
from cdp.base.database.sql import as_json, execute, rows
from consents.models import Channel
from profiles.models import Identifier, Namespace
from profiles.values.normal_form import normal
from profiles.values.standing_facts import STANDING_IDENTIFIERS
from profiles.vault import IDENTIFIER, Item, blind

#: The kind of address that a channel writes to (Namespace.contact_channel). A channel not named here needs none.
ADDRESSED_BY = {Channel.EMAIL: "email", Channel.SMS: "sms", Channel.PHONE: "sms"}


class Contact(NamedTuple):
    """One address in every namespace that can hold it: [(namespace id, blind index), ...], in order of id."""

    kind: str
    blinds: tuple[tuple[int, UUID], ...]


def namespaces() -> dict[str, Namespace]:
    return {namespace.code: namespace for namespace in Namespace.objects.all()}


def contact(code: str, raw: str, *, known: dict[str, Namespace], country: str | None = None) -> Contact | None:
    """The contact that `raw` is in namespace `code`; None where it is no address in that namespace."""
    named = known.get(code)
    form = normal(named.normaliser, raw, country=country) if named and named.contact_channel else None
    if form is None:
        return None
    kin = [other for other in known.values() if _reads_the_same(other, named)]
    return Contact(named.contact_channel, tuple(sorted((other.pk, blind(other.code, form)) for other in kin)))


def _reads_the_same(one: Namespace, other: Namespace) -> bool:
    return (one.contact_channel, one.normaliser) == (other.contact_channel, other.normaliser)


def item_of(held: Identifier) -> Item:
    """An identifier of a person, to be opened or masked; its namespace is at hand."""
    return Item(held.identity_id, IDENTIFIER, held.sealed, held.namespace.code)


def refs(contacts: Iterable[Contact]) -> dict[Contact, UUID]:
    """The random ids of `contacts`, made where there are none. One statement writes, one reads."""
    asked = list(dict.fromkeys(contacts))
    if not asked:
        return {}
    execute(_MAKE, [_given(asked)])
    return known_refs(asked)


def known_refs(contacts: Iterable[Contact]) -> dict[Contact, UUID]:
    """The random ids of those of `contacts` that have one."""
    asked = list(dict.fromkeys(contacts))
    return {asked[no]: ref for no, ref in (rows(_FIND, [_given(asked)]) if asked else ())}


def _given(contacts: list[Contact]) -> str:
    return as_json(
        [
            {"no": no, "ref": fresh, "namespace": namespace, "blind": digest}
            for no, (contact, fresh) in enumerate((contact, uuid7()) for contact in contacts)
            for namespace, digest in contact.blinds
        ]
    )


_GIVEN = """
WITH given AS (
    SELECT * FROM jsonb_to_recordset(%s::jsonb) AS g(no int, ref uuid, namespace smallint, blind uuid)),
known AS (
    SELECT g.no, (array_agg(c.ref ORDER BY c.ref))[1] AS ref
    FROM given g JOIN consents_contactpoint c ON c.namespace_id = g.namespace AND c.blind = g.blind GROUP BY g.no)
"""
_MAKE = f"""{_GIVEN}
INSERT INTO consents_contactpoint (ref, namespace_id, blind)
SELECT coalesce(k.ref, g.ref), g.namespace, g.blind FROM given g LEFT JOIN known k USING (no)
ORDER BY g.namespace, g.blind ON CONFLICT DO NOTHING
"""
_FIND = f"{_GIVEN} SELECT no, ref FROM known"

_OF_PEOPLE = """n.contact_channel = %(kind)s
            AND i.identity_id IN (SELECT p.identity FROM ({place}) p WHERE p.profile {people})"""
#: Addresses that people have: (profile, identity, record, namespace, namespace_id, blind), of kind %(kind)s.
#: `{place}` says which profile an identity is, `{people}` is a condition on the profile.
HELD = f"""
SELECT s.profile, s.identity, i.record_id AS record, i.namespace, i.namespace_id, i.blind
FROM ({STANDING_IDENTIFIERS.format(only=_OF_PEOPLE)}) i JOIN ({{place}}) s ON s.identity = i.identity_id
"""
