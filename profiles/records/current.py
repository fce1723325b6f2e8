"""What is known of people already: their identity, latest record, and the facts that stand."""

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from cdp.base.database.sql import rows
from profiles.models import Source
from profiles.records.parsing import IdentifierClaim, ParsedPerson, as_text
from profiles.values.standing_facts import STANDING_IDENTIFIERS, STANDING_TRAITS


class ExistingIdentity(NamedTuple):
    """An identity that exists: its latest record, that record's digest, and how many versions there are."""

    identity: UUID
    record: int
    digest: bytes
    versions: int


class CurrentFacts:
    """The facts that stand for one identity."""

    def __init__(self):
        self.claims: dict[int, set[tuple[UUID, bool]]] = defaultdict(set)
        self.values: dict[int, object] = {}

    def new_in(self, reading: ParsedPerson) -> ParsedPerson:
        """The reading without what stands already."""
        values = [value for value in reading.values if self.values.get(value.attribute.pk) != value.key]
        return reading._replace(claims=self._new_claims(reading.claims), values=values)

    def _new_claims(self, claims: list[IdentifierClaim]) -> list[IdentifierClaim]:
        """All claims of a kind that differs, because those of the latest record stand together."""
        said = defaultdict(set)
        for claim in claims:
            said[claim.namespace.pk].add((claim.blind, claim.verified))
        return [claim for claim in claims if self._adds(claim, said[claim.namespace.pk])]

    def _adds(self, claim: IdentifierClaim, said: set) -> bool:
        stands = self.claims[claim.namespace.pk]
        return (claim.blind, claim.verified) not in stands if claim.namespace.many else said != stands


def existing_identities(source: Source, keys: list[UUID], *, is_test: bool) -> dict[UUID, ExistingIdentity]:
    """The identities of `source` by external key, those that exist."""
    found = rows(
        """
        SELECT s.external_key, s.id, r.id, r.digest, v.versions FROM profiles_sourceidentity s
        JOIN LATERAL (SELECT id, digest FROM profiles_record WHERE identity_id = s.id
                      ORDER BY observed_at DESC, version DESC LIMIT 1) r ON true
        JOIN LATERAL (SELECT max(version) AS versions FROM profiles_record WHERE identity_id = s.id) v ON true
        WHERE s.source_id = %s AND s.external_key = ANY(%s) AND s.is_test = %s
        """,
        [source.pk, keys, is_test],
    )
    return {
        key: ExistingIdentity(identity, record, bytes(digest), last) for key, identity, record, digest, last in found
    }


def current_facts(identities: Iterable[UUID]) -> dict[UUID, CurrentFacts]:
    """What stands for each of `identities`."""
    wanted = list(identities)
    facts: dict[UUID, CurrentFacts] = defaultdict(CurrentFacts)
    if not wanted:
        return facts
    for identity, namespace, blind, verified in rows(
        "SELECT identity_id, namespace_id, blind, verified FROM ("
        + STANDING_IDENTIFIERS.format(only="i.identity_id = ANY(%s)")
        + ") i",
        [wanted],
    ):
        facts[identity].claims[namespace].add((blind, verified))
    for identity, attribute, value in rows(
        "SELECT identity_id, attribute_id, value FROM ("
        + STANDING_TRAITS.format(only="r.identity_id = ANY(%s)")
        + ") t",
        [wanted],
    ):
        facts[identity].values[attribute] = _key(json.loads(value, parse_float=Decimal))
    return facts


def _key(value) -> str:
    """What equal values have in common: the keyed digest of a sealed one, an open one as it is written."""
    return value["key"] if isinstance(value, dict) else as_text(value)
