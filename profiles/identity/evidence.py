"""Read what speaks for and against joining the people of a component."""

from collections import defaultdict
from datetime import date
from uuid import UUID

from cdp.base.database.sql import rows
from profiles.identity.component import STANDING_DECISIONS, UNUSABLE, Component
from profiles.identity.partition import Evidence, Link
from profiles.models import Attribute, Namespace
from profiles.models.reference import NamespaceRole
from profiles.values.normal_form import folded_name
from profiles.values.standing_facts import STANDING_IDENTIFIERS, STANDING_TRAITS
from profiles.vault import Item, open_values

FIRST_NAME, BIRTH_DATE = "first_name", "birth_date"


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
        Link(identity, namespace, bytes(blind), verified, observed_at, source, bytes(key), is_test, own)
        for identity, namespace, blind, verified, observed_at, source, key, is_test, own in rows(
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
    return dict(_standing(BIRTH_DATE, ["date"], identities))


def _names(found: Component, supported: set[UUID]) -> dict[UUID, str]:
    """Folded first names, opened in one logged reading; only on islands where a link needs support and names differ."""
    sealed = _standing(FIRST_NAME, ["sealed", "match_key"], list(found.people) if supported else [])
    contested = _contested(found, supported, {identity: bytes(key) for identity, _, key in sealed})
    items = [Item(identity, "profiles_trait.sealed", blob, FIRST_NAME) for identity, blob, _ in sealed]
    items = [item for item in items if item.identity in contested]
    opened = open_values(items, by=None, action="resolve", purpose="duplicate detection")
    return {item.identity: folded_name(name) for item, name in zip(items, opened, strict=True) if name}


def _contested(found: Component, supported: set[UUID], keys: dict[UUID, bytes]) -> set[UUID]:
    """Those on whose island a link needs support and there is more than one of `keys`, which are equal for equals."""
    if not keys:
        return set()
    islands, there = found.islands(), defaultdict(set)
    for identity, key in keys.items():
        there[islands[identity]].add(key)
    asking = {islands[identity] for identity in supported}
    return {identity for identity in keys if islands[identity] in asking and len(there[islands[identity]]) > 1}


def _standing(code: str, columns: list[str], identities: list[UUID]) -> list[tuple]:
    """(identity, *columns) of the attribute's values that stand, where the first column has one."""
    standing = STANDING_TRAITS.format(only="t.identity_id = ANY(%s) AND t.attribute_id = ANY(%s)")
    attributes = list(Attribute.objects.filter(code=code).values_list("pk", flat=True))
    return rows(
        f"SELECT identity_id, {', '.join(columns)} FROM ({standing}) t WHERE {columns[0]} IS NOT NULL",
        [identities, attributes],
    )
