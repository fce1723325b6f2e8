"""Read what speaks for and against joining the people of a component."""

from collections import defaultdict
from uuid import UUID

from cdp.kit.sql import rows
from profiles.facts.standing import STANDING_IDENTIFIERS, STANDING_TRAITS
from profiles.models import Attribute, Namespace
from profiles.models.reference import NamespaceRole
from profiles.norm import folded_name
from profiles.resolution.component import STANDING_DECISIONS, UNUSABLE, Component
from profiles.resolution.partition import Evidence, Link
from profiles.vault import Item, open_values

FIRST_NAME, BIRTH_DATE = "first_name", "birth_date"


def gather(found: Component, policy: dict[int, Namespace]) -> Evidence:
    """Everything the rule looks at for the people of a component."""
    wanted = list(found.people)
    links = _links(wanted, list(policy))
    decided = _decisions(wanted)
    supported = {link.subject for link in links if policy[link.namespace].role == NamespaceRole.SUPPORTED}
    return Evidence(
        subjects=wanted,
        links=links,
        same=[pair for kind, *pair in decided if kind == "same"],
        apart=[pair for kind, *pair in decided if kind == "not_same"],
        names=_names(found, supported),
        births=_births(wanted),
        borrowed=_borrowed(set(wanted) - {link.subject for link in links if link.own}),
    )


def _links(subjects: list[UUID], namespaces: list[int]) -> list[Link]:
    standing = STANDING_IDENTIFIERS.format(only="i.subject_id = ANY(%s) AND i.namespace_id = ANY(%s)")
    return [
        Link(subject, namespace, bytes(blind), verified, observed_at, source, bytes(key), is_test, own)
        for subject, namespace, blind, verified, observed_at, source, key, is_test, own in rows(
            f"""
            SELECT i.subject_id, i.namespace_id, i.blind, bool_or(i.verified), min(i.observed_at), source.code,
                   s.external_key, s.is_test, bool_or(i.party <= 1)
            FROM ({standing}) i
            JOIN profiles_subject s ON s.id = i.subject_id
            JOIN profiles_source source ON source.id = s.source_id
            WHERE NOT {UNUSABLE}
            GROUP BY i.subject_id, i.namespace_id, i.blind, source.code, s.external_key, s.is_test
            """,
            [subjects, namespaces],
        )
    ]


def _decisions(subjects: list[UUID]) -> list[tuple[str, UUID, UUID]]:
    """Standing `same` and `not_same`, in the order in which they were taken."""
    return rows(
        f"SELECT d.kind, d.subject_id, d.other_id FROM {STANDING_DECISIONS} AND d.kind IN ('same', 'not_same')"
        " AND d.subject_id = ANY(%s) ORDER BY d.id",
        [subjects],
    )


def _borrowed(subjects: set[UUID]) -> set[UUID]:
    """Those of `subjects` of whom only partners and suppliers have spoken."""
    found = rows(
        "SELECT subject_id FROM profiles_record WHERE subject_id = ANY(%s) GROUP BY subject_id HAVING min(party) > 1",
        [list(subjects)],
    )
    return {subject for (subject,) in found}


def _births(subjects: list[UUID]) -> dict:
    return dict(
        rows(
            "SELECT subject_id, date FROM ("
            + STANDING_TRAITS.format(only="t.subject_id = ANY(%s) AND t.attribute_id = ANY(%s)")
            + ") t WHERE date IS NOT NULL",
            [subjects, _ids_of(BIRTH_DATE)],
        )
    )


def _names(found: Component, supported: set[UUID]) -> dict[UUID, str]:
    """Folded first names, opened in one logged reading; only on islands where a link needs support and names differ."""
    sealed = rows(
        "SELECT subject_id, sealed, match_key FROM ("
        + STANDING_TRAITS.format(only="t.subject_id = ANY(%s) AND t.attribute_id = ANY(%s)")
        + ") t WHERE sealed IS NOT NULL",
        [list(found.people) if supported else [], _ids_of(FIRST_NAME)],
    )
    if not sealed:
        return {}
    islands, keys = found.islands(), defaultdict(set)
    for subject, _, match_key in sealed:
        keys[islands[subject]].add(bytes(match_key))
    contested = {islands[subject] for subject in supported} & {island for island, some in keys.items() if len(some) > 1}
    items = [
        Item(subject, "profiles_trait.sealed", blob, FIRST_NAME)
        for subject, blob, _ in sealed
        if islands[subject] in contested
    ]
    opened = open_values(items, by=None, action="resolve", purpose="duplicate detection") if items else []
    return {item.subject: folded_name(name) for item, name in zip(items, opened, strict=True) if name}


def _ids_of(code: str) -> list[int]:
    return list(Attribute.objects.filter(code=code).values_list("pk", flat=True))
