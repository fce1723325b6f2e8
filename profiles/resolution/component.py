"""Read what touches some subjects: everybody they may be joined with, and the evidence for and against."""

from collections.abc import Iterable
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


def entangled(subjects: Iterable[UUID], policy: dict[int, Namespace]) -> set[UUID]:
    """All subjects connected with `subjects` by a usable value, a decision or a present profile.

    Those of `subjects` that are connected with nobody are left out: they need no rule.
    """
    seen, found = set(subjects), set()
    frontier = list(seen)
    while frontier:
        near = _near(frontier, list(policy))
        found |= near
        frontier = list(near - seen)
        seen |= near
    return found


def _near(subjects: list[UUID], namespaces: list[int]) -> set[UUID]:
    """One step: groups of two or more subjects, of which at least one is given."""
    found = rows(
        f"""
        SELECT unnest(together) FROM (
            SELECT array_agg(DISTINCT near.subject_id) AS together
            FROM (SELECT DISTINCT i.namespace_id, i.blind FROM profiles_identifier i
                  WHERE i.subject_id = ANY(%(subjects)s) AND i.namespace_id = ANY(%(namespaces)s)
                  AND NOT {UNUSABLE}) mine
            JOIN profiles_identifier near ON near.namespace_id = mine.namespace_id AND near.blind = mine.blind
            GROUP BY mine.namespace_id, mine.blind
            UNION ALL
            SELECT array_agg(mate.id) FROM profiles_subject mate WHERE mate.profile_id IN (
                SELECT s.profile_id FROM profiles_subject s WHERE s.id = ANY(%(subjects)s))
            GROUP BY mate.profile_id
            UNION ALL
            SELECT ARRAY[d.subject_id, d.other_id] FROM {STANDING_DECISIONS}
            AND d.kind IN ('same', 'not_same')
            AND (d.subject_id = ANY(%(subjects)s) OR d.other_id = ANY(%(subjects)s))
        ) groups WHERE cardinality(together) > 1
        """,
        {"subjects": subjects, "namespaces": namespaces},
    )
    return {subject for (subject,) in found}


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
        Link(subject, namespace, bytes(blind), *rest)
        for subject, namespace, blind, *rest in rows(
            f"""
            SELECT i.subject_id, i.namespace_id, i.blind, bool_or(i.verified), min(i.observed_at), source.code,
                   s.is_test
            FROM ({standing}) i
            JOIN profiles_subject s ON s.id = i.subject_id
            JOIN profiles_source source ON source.id = s.source_id
            WHERE NOT {UNUSABLE}
            GROUP BY i.subject_id, i.namespace_id, i.blind, source.code, s.is_test
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
