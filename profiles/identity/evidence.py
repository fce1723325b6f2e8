"""Read what speaks for and against joining the people of a component."""

from collections import defaultdict
from datetime import date
from typing import NamedTuple
from uuid import UUID

from cdp.base.database.sql import rows
from profiles.identity.component import Component
from profiles.identity.partition import Evidence, Link
from profiles.models import Namespace
from profiles.models.reference import NamespaceRole
from profiles.values.normal_form import folded_name
from profiles.values.standing_facts import STANDING_DECISIONS, STANDING_IDENTIFIERS, UNUSABLE
from profiles.vault import DOCUMENT, Item, open_values

#: What the latest record that speaks of one attribute says of it.
STANDING_VALUES = """
    SELECT DISTINCT ON (identity_id) identity_id, traits ->> %(code)s, traits -> %(code)s ->> 'key', sealed
    FROM profiles_record WHERE identity_id = ANY(%(identities)s) AND traits ? %(code)s
    ORDER BY identity_id, observed_at DESC, version DESC
"""
FIRST_NAME, BIRTH_DATE = "first_name", "birth_date"


class StandingValue(NamedTuple):
    """A value that stands: as text where it is open; by its keyed digest and in a sealed document where it is not."""

    identity: UUID
    text: str
    key: str | None
    sealed: bytes | None


def gather(found: Component, policy: dict[int, Namespace]) -> Evidence:
    """Everything the rule looks at for the people of a component."""
    wanted = list(found.people)
    links = _links(wanted, list(policy))
    decided = _decisions(wanted)
    supported = {link.identity for link in links if policy[link.namespace].role == NamespaceRole.SUPPORTED}
    return Evidence(
        identities=wanted,
        links=links,
        same=[pair for kind, *pair in decided if kind == "same"],
        apart=[pair for kind, *pair in decided if kind == "not_same"],
        names=_names(found, supported),
        births=_births(wanted),
        borrowed=_borrowed(set(wanted) - {link.identity for link in links if link.own}),
    )


def _links(identities: list[UUID], namespaces: list[int]) -> list[Link]:
    standing = STANDING_IDENTIFIERS.format(only="i.identity_id = ANY(%s) AND i.namespace_id = ANY(%s)")
    return [
        Link(*row)
        for row in rows(
            f"""
            SELECT i.identity_id, i.namespace_id, i.blind, bool_or(i.verified), min(i.observed_at), source.code,
                   s.external_key, s.is_test, bool_or(i.party <= 1)
            FROM ({standing}) i
            JOIN profiles_sourceidentity s ON s.id = i.identity_id
            JOIN profiles_source source ON source.id = s.source_id
            WHERE NOT {UNUSABLE}
            GROUP BY i.identity_id, i.namespace_id, i.blind, source.code, s.external_key, s.is_test
            """,
            [identities, namespaces],
        )
    ]


def _decisions(identities: list[UUID]) -> list[tuple[str, UUID, UUID]]:
    """Standing `same` and `not_same`, in the order in which they were taken."""
    return rows(
        f"SELECT d.kind, d.identity_id, d.other_id FROM {STANDING_DECISIONS} AND d.kind IN ('same', 'not_same')"
        " AND d.identity_id = ANY(%s) ORDER BY d.id",
        [identities],
    )


def _borrowed(identities: set[UUID]) -> set[UUID]:
    """Those of `identities` of whom only partners and suppliers have spoken."""
    found = rows(
        "SELECT identity_id FROM profiles_record WHERE identity_id = ANY(%s)"
        " GROUP BY identity_id HAVING min(party) > 1",
        [list(identities)],
    )
    return {identity for (identity,) in found}


def _births(identities: list[UUID]) -> dict[UUID, date]:
    return {one.identity: date.fromisoformat(one.text) for one in _standing(BIRTH_DATE, identities) if not one.key}


def _names(found: Component, supported: set[UUID]) -> dict[UUID, str]:
    """Folded first names, opened in one logged reading; only on islands where a link needs support and names differ."""
    said = [one for one in _standing(FIRST_NAME, list(found.people) if supported else []) if one.key]
    contested = _contested(found, supported, {one.identity: one.key for one in said})
    items = [Item(one.identity, DOCUMENT, one.sealed, FIRST_NAME) for one in said]
    items = [item for item in items if item.identity in contested]
    opened = open_values(items, by=None, action="resolve", purpose="duplicate detection")
    return {item.identity: folded_name(name) for item, name in zip(items, opened, strict=True) if name}


def _contested(found: Component, supported: set[UUID], keys: dict[UUID, str]) -> set[UUID]:
    """Those on whose island a link needs support and there is more than one of `keys`, which are equal for equals."""
    if not keys:
        return set()
    islands, there = found.islands(), defaultdict(set)
    for identity, key in keys.items():
        there[islands[identity]].add(key)
    asking = {islands[identity] for identity in supported}
    return {identity for identity in keys if islands[identity] in asking and len(there[islands[identity]]) > 1}


def _standing(code: str, identities: list[UUID]) -> list[StandingValue]:
    """What stands for an attribute of each of `identities`."""
    found = rows(STANDING_VALUES, {"identities": identities, "code": code})
    return [StandingValue(*row) for row in found]
