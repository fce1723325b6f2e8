"""Identifier values used by more people than their namespace allows: shared, they join nobody.

How many people a value was seen with is counted over everybody who ever had it, so that it grows only: for each kind
of anchor, the distinct values divided by what one person may have; or the distinct first names or birth dates,
whichever are fewer. An identity counts with what it said first, so a correction makes no second person. Only what was
seen within one window counts together.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from math import ceil
from typing import NamedTuple
from uuid import UUID

from simple_history.utils import bulk_create_with_history

from cdp.base.database.sql import rows
from profiles.identity import review_queue
from profiles.identity.evidence import BIRTH_DATE, FIRST_NAME
from profiles.models import Namespace, SharedIdentifier
from profiles.models.reference import NamespaceRole


class Mark(NamedTuple):
    """Something that tells people apart, seen with a value: an anchor's value, a name's keyed digest, a birth date.

    kind: an anchor's namespace id as text, or the attribute's code.
    """

    observed_at: datetime
    kind: str
    content: str


def mark(shared: dict[tuple[int, UUID], list[UUID]], policy: dict[int, Namespace]) -> None:
    """Mark those of the values that two or more identities share that have become hubs."""
    crowded = [value for value, identities in shared.items() if len(identities) > policy[value[0]].hub_limit]
    hubs = []
    for (namespace, blind), marks in _marks(crowded, policy).items():
        people = people_seen(marks, policy[namespace].window_days, policy)
        if people > policy[namespace].hub_limit:
            hubs.append(SharedIdentifier(namespace_id=namespace, blind=blind, people_seen=people))
    if hubs:
        bulk_create_with_history(hubs, SharedIdentifier, default_change_reason="hub limit")
        review_queue.ask_about_shared(hub.blind for hub in hubs)


def people_seen(marks: list[Mark], window_days: int | None, policy: dict[int, Namespace]) -> int:
    """The most people that a value was seen with inside any stretch of `window_days` (None: ever)."""
    return max((_people(stretch, policy) for stretch in _stretches(sorted(marks), window_days)), default=0)


def _stretches(marks: list[Mark], window_days: int | None) -> Iterator[list[Mark]]:
    """The marks of each window that begins with a mark."""
    if window_days is None:
        yield marks
        return
    window, end = timedelta(days=window_days), 0
    for start, first in enumerate(marks):
        while end < len(marks) and marks[end].observed_at <= first.observed_at + window:
            end += 1
        yield marks[start:end]
        if end == len(marks):
            return


def _people(marks: list[Mark], policy: dict[int, Namespace]) -> int:
    contents = defaultdict(set)
    for one in marks:
        contents[one.kind].add(one.content)
    by_traits = min(len(contents.pop(FIRST_NAME, ())), len(contents.pop(BIRTH_DATE, ())))
    by_anchors = (ceil(len(found) / policy[int(kind)].max_per_profile) for kind, found in contents.items())
    return max(by_traits, *by_anchors, 0)


def _marks(values: list[tuple[int, UUID]], policy: dict[int, Namespace]) -> dict[tuple[int, UUID], list[Mark]]:
    """What tells apart the identities that have each value; no value of which a steward has the say."""
    anchors = [one.pk for one in policy.values() if one.role == NamespaceRole.ANCHOR]
    found = defaultdict(list)
    if not values:
        return found
    for namespace, blind, observed_at, kind, content in rows(
        """
        WITH seen AS MATERIALIZED (
            SELECT i.namespace_id, i.blind, i.identity_id, i.observed_at
            FROM unnest(%(namespaces)s::smallint[], %(blinds)s::uuid[]) v(namespace_id, blind)
            JOIN profiles_identifier i ON i.namespace_id = v.namespace_id AND i.blind = v.blind
            WHERE NOT EXISTS (SELECT FROM profiles_sharedidentifier x
                              WHERE x.namespace_id = v.namespace_id AND x.blind = v.blind)
        )
        SELECT DISTINCT ON (s.namespace_id, s.blind, s.identity_id, s.observed_at, m.kind)
               s.namespace_id, s.blind, s.observed_at, m.kind, m.content
        FROM seen s JOIN LATERAL (
            SELECT a.namespace_id::text AS kind, a.blind::text AS content, a.observed_at FROM profiles_identifier a
            WHERE a.identity_id = s.identity_id AND a.namespace_id = ANY(%(anchors)s)
            UNION ALL
            SELECT said.code, said.value::text, r.observed_at
            FROM profiles_record r, jsonb_each(r.traits) AS said(code, value)
            WHERE r.identity_id = s.identity_id AND said.code = ANY(%(traits)s)
        ) m ON true
        ORDER BY s.namespace_id, s.blind, s.identity_id, s.observed_at, m.kind, m.observed_at, m.content
        """,
        {
            "namespaces": [namespace for namespace, _ in values],
            "blinds": [blind for _, blind in values],
            "anchors": anchors,
            "traits": [FIRST_NAME, BIRTH_DATE],
        },
    ):
        found[namespace, blind].append(Mark(observed_at, kind, content))
    return found
