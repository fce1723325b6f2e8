"""Read what touches some subjects: everybody they may be joined with, and the evidence for and against."""

from collections.abc import Iterable
from typing import NamedTuple
from uuid import UUID

from cdp.kit.sql import rows
from profiles.facts.standing import STANDING_IDENTIFIERS, STANDING_TRAITS
from profiles.models import Attribute, Namespace
from profiles.models.reference import NamespaceRole
from profiles.norm import folded_name
from profiles.resolution.partition import Evidence, Link
from profiles.vault import Item, open_values

#: Roles whose values may join anybody at all.
JOINING = (NamespaceRole.ANCHOR, NamespaceRole.LINKING, NamespaceRole.SUPPORTED, NamespaceRole.LAST_LOGIN)
#: Decisions that stand: neither withdrawn nor expired.
STANDING_DECISIONS = """
    profiles_stewarddecision d WHERE (d.expires_at IS NULL OR d.expires_at > now())
    AND NOT EXISTS (SELECT FROM profiles_stewarddecision w WHERE w.withdraws_id = d.id)
"""
#: An identifier value, as `i`, that joins nobody: shared or blocked, or private no longer.
UNUSABLE = """
    EXISTS (SELECT FROM profiles_sharedidentifier x WHERE x.namespace_id = i.namespace_id AND x.blind = i.blind
            AND (x.verdict <> 'private' OR x.expires_at <= now()))
"""
FIRST_NAME, BIRTH_DATE = "first_name", "birth_date"


def joining() -> dict[int, Namespace]:
    """The policy: the namespaces whose values may join, by id."""
    return {one.pk: one for one in Namespace.objects.filter(role__in=JOINING)}


def existing(subjects: Iterable[UUID]) -> set[UUID]:
    """Those of `subjects` that there are: some may have been erased."""
    return {subject for (subject,) in rows("SELECT id FROM profiles_subject WHERE id = ANY(%s)", [list(subjects)])}


class Component(NamedTuple):
    """people: everybody connected with the subjects asked about. shared: who has each value that joins any of them."""

    people: set[UUID]
    shared: dict[tuple[int, bytes], list[UUID]]


def entangled(subjects: Iterable[UUID], policy: dict[int, Namespace]) -> Component:
    """All subjects connected with `subjects` by a usable value, a decision or a present profile, step by step.

    Those of `subjects` that are connected with nobody are left out: they need no rule.
    """
    seen, people, shared = set(subjects), set(), {}
    frontier = list(seen)
    while frontier:
        values = _sharing(frontier, list(policy))
        shared |= values
        near = {subject for group in [*values.values(), *_bound(frontier)] for subject in group}
        people |= near
        frontier = list(near - seen)
        seen |= near
    return Component(people, shared)


def _sharing(subjects: list[UUID], namespaces: list[int]) -> dict[tuple[int, bytes], list[UUID]]:
    """The usable values of `subjects` that two or more subjects have, or once had, and who these are."""
    found = rows(
        f"""
        SELECT mine.namespace_id, mine.blind, array_agg(DISTINCT near.subject_id)
        FROM (SELECT DISTINCT i.namespace_id, i.blind FROM profiles_identifier i
              WHERE i.subject_id = ANY(%s) AND i.namespace_id = ANY(%s) AND NOT {UNUSABLE}) mine
        JOIN profiles_identifier near ON near.namespace_id = mine.namespace_id AND near.blind = mine.blind
        GROUP BY mine.namespace_id, mine.blind
        HAVING count(DISTINCT near.subject_id) > 1
        """,
        [subjects, namespaces],
    )
    return {(namespace, bytes(blind)): having for namespace, blind, having in found}


def _bound(subjects: list[UUID]) -> list[list[UUID]]:
    """Groups that hang together otherwise: the subjects of one present profile, the two of a decision."""
    found = rows(
        f"""
        SELECT array_agg(mate.id) FROM profiles_subject mate WHERE mate.profile_id IN (
            SELECT s.profile_id FROM profiles_subject s WHERE s.id = ANY(%(subjects)s))
        GROUP BY mate.profile_id HAVING count(*) > 1
        UNION ALL
        SELECT ARRAY[d.subject_id, d.other_id] FROM {STANDING_DECISIONS} AND d.kind IN ('same', 'not_same')
        AND (d.subject_id = ANY(%(subjects)s) OR d.other_id = ANY(%(subjects)s))
        """,
        {"subjects": subjects},
    )
    return [group for (group,) in found]


def evidence(subjects: set[UUID], policy: dict[int, Namespace]) -> Evidence:
    """Everything the rule looks at for a closed set of subjects."""
    wanted = list(subjects)
    links = _links(wanted, list(policy))
    decided = _decisions(wanted)
    names = _names(wanted, links, policy)
    return Evidence(
        subjects=wanted,
        links=links,
        same=[pair for kind, *pair in decided if kind == "same"],
        apart=[pair for kind, *pair in decided if kind == "not_same"],
        names=names,
        births=_births(wanted),
    )


def _links(subjects: list[UUID], namespaces: list[int]) -> list[Link]:
    standing = STANDING_IDENTIFIERS.format(only="i.subject_id = ANY(%s) AND i.namespace_id = ANY(%s)")
    return [
        Link(subject, namespace, bytes(blind), verified, observed_at, source, bytes(key), is_test)
        for subject, namespace, blind, verified, observed_at, source, key, is_test in rows(
            f"""
            SELECT i.subject_id, i.namespace_id, i.blind, bool_or(i.verified), min(i.observed_at), source.code,
                   s.external_key, s.is_test
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


def _births(subjects: list[UUID]) -> dict:
    return dict(
        rows(
            "SELECT subject_id, date FROM ("
            + STANDING_TRAITS.format(only="t.subject_id = ANY(%s) AND t.attribute_id = ANY(%s)")
            + ") t WHERE date IS NOT NULL",
            [subjects, _ids_of(BIRTH_DATE)],
        )
    )


def _names(subjects: list[UUID], links: list[Link], policy: dict[int, Namespace]) -> dict[UUID, str]:
    """Folded first names, opened in one logged reading; only where names can tell anybody apart."""
    if not any(policy[link.namespace].role == NamespaceRole.SUPPORTED for link in links):
        return {}
    found = rows(
        "SELECT subject_id, sealed, match_key FROM ("
        + STANDING_TRAITS.format(only="t.subject_id = ANY(%s) AND t.attribute_id = ANY(%s)")
        + ") t WHERE sealed IS NOT NULL",
        [subjects, _ids_of(FIRST_NAME)],
    )
    if len({bytes(match_key) for _, _, match_key in found}) < 2:
        return {}
    items = [Item(subject, "profiles_trait.sealed", sealed, FIRST_NAME) for subject, sealed, _ in found]
    opened = open_values(items, by=None, action="resolve", purpose="duplicate detection")
    return {item.subject: folded_name(name) for item, name in zip(items, opened, strict=True) if name}


def _ids_of(code: str) -> list[int]:
    return list(Attribute.objects.filter(code=code).values_list("pk", flat=True))
