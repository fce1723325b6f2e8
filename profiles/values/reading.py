"""Fields of many people at once, for lists, answers and files: open values as they are, personal values as masks or,
with a purpose and a line in the access log, in clear. A field is the code of an attribute or of a namespace.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from uuid import UUID

from cdp.base.database.sql import dicts
from profiles.values.standing_facts import STANDING_IDENTIFIERS
from profiles.vault import DOCUMENT, IDENTIFIER, Item, masked, open_values

#: The golden values of people, of the records that `{records}` lets through.
VALUES = f"""
SELECT golden.profile_id AS profile, attribute.code AS field, record.identity_id AS identity,
       CASE WHEN record.traits -> attribute.code ? 'key' THEN record.sealed END AS sealed, '{DOCUMENT}' AS place,
       coalesce(to_jsonb(golden.text), to_jsonb(golden.number), to_jsonb(golden.date), to_jsonb(golden.boolean),
                golden.items) AS open
FROM profiles_goldenvalue golden
JOIN profiles_attribute attribute ON attribute.id = golden.attribute_id
JOIN profiles_record record ON record.id = golden.record_id
WHERE golden.profile_id = ANY(%(profiles)s) AND (%(all)s OR attribute.code = ANY(%(fields)s))
  AND {{records}}
"""

_OF_PEOPLE = """
    i.identity_id IN (SELECT id FROM profiles_sourceidentity WHERE profile_id = ANY(%(profiles)s))
    AND (%(all)s OR n.code = ANY(%(fields)s))
"""
#: One of the identifiers that stand for each namespace: a verified one, then the newest.
IDENTIFIERS = f"""
SELECT DISTINCT ON (identity.profile_id, identifier.namespace)
       identity.profile_id AS profile, identifier.namespace AS field, identifier.identity_id AS identity,
       identifier.sealed AS sealed, '{IDENTIFIER}' AS place, NULL AS open
FROM ({STANDING_IDENTIFIERS.format(only=_OF_PEOPLE)}) identifier
JOIN profiles_sourceidentity identity ON identity.id = identifier.identity_id
JOIN profiles_record record ON record.id = identifier.record_id
WHERE {{records}}
ORDER BY identity.profile_id, identifier.namespace, identifier.verified DESC, identifier.observed_at DESC,
         identifier.record_id DESC, identifier.blind
"""

#: Identifiers that were chosen one by one, such as the address that a decision allows, told as `field`.
ADDRESSES = f"""
SELECT DISTINCT ON (chosen.profile) chosen.profile, %(field)s::text AS field, identifier.identity_id AS identity,
       identifier.sealed AS sealed, '{IDENTIFIER}' AS place, NULL AS open
FROM unnest(%(profiles)s::uuid[], %(namespaces)s::text[], %(blinds)s::uuid[]) chosen(profile, namespace, blind)
JOIN profiles_namespace namespace ON namespace.code = chosen.namespace
JOIN profiles_sourceidentity identity ON identity.profile_id = chosen.profile
JOIN profiles_identifier identifier ON (identifier.identity_id, identifier.namespace_id, identifier.blind)
    = (identity.id, namespace.id, chosen.blind)
ORDER BY chosen.profile, identifier.record_id
"""

PeopleValues = dict[UUID, dict[str, Any]]
#: Which identifier of each profile: {profile: (code of the namespace, blind index)}.
Chosen = dict[UUID, tuple[str, UUID]]


def shown(profiles: Iterable[UUID], fields: Sequence[str] | None = None) -> PeopleValues:
    """{profile: {field: value}} with personal values masked; `fields` None gives all there are."""
    return told(profiles, fields, masked)


def opened(
    profiles: Iterable[UUID],
    fields: Sequence[str] | None,
    *,
    by,
    action: str,
    purpose: str,
    request_id: str = "",
    addresses: dict[str, Chosen] | None = None,
) -> PeopleValues:
    """{profile: {field: value}} in clear: one line in the access log for them all.

    addresses: {field: identifiers} that are told for a field instead of the one that stands.
    """
    reveal = partial(open_values, by=by, action=action, purpose=purpose, request_id=request_id)
    return told(profiles, fields, reveal, addresses=addresses)


def told(
    profiles: Iterable[UUID],
    fields: Sequence[str] | None,
    reveal: Callable[[list[Item]], list[str | None]],
    *,
    records: str = "TRUE",
    addresses: dict[str, Chosen] | None = None,
) -> PeopleValues:
    """{profile: {field: value}}, personal values as `reveal` gives them.

    records: a condition on `record`, with which a value came (SQL without parameters).
    """
    profiles = list(profiles)
    cells = _cells(profiles, fields, records) + _chosen(addresses or {})
    personal = [cell for cell in cells if cell["sealed"] is not None]
    values = reveal([Item(cell["identity"], cell["place"], cell["sealed"], cell["field"]) for cell in personal])
    people: PeopleValues = {profile: {} for profile in profiles}
    for cell in cells:
        people[cell["profile"]][cell["field"]] = cell["open"] and json.loads(cell["open"], parse_float=Decimal)
    for cell, value in zip(personal, values, strict=True):
        people[cell["profile"]][cell["field"]] = value
    return people


def _cells(profiles: list[UUID], fields: Sequence[str] | None, records: str) -> list[dict]:
    if not profiles:
        return []
    wanted = {"profiles": profiles, "fields": list(fields or []), "all": fields is None}
    return dicts(VALUES.format(records=records), wanted) + dicts(IDENTIFIERS.format(records=records), wanted)


def _chosen(addresses: dict[str, Chosen]) -> list[dict]:
    return [cell for field, chosen in addresses.items() for cell in dicts(ADDRESSES, _named(chosen) | {"field": field})]


def _named(chosen: Chosen) -> dict[str, list]:
    return {
        "profiles": list(chosen),
        "namespaces": [namespace for namespace, _blind in chosen.values()],
        "blinds": [blind for _namespace, blind in chosen.values()],
    }
