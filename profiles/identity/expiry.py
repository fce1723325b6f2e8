"""What time alone changes: a decision or a verdict expires, a stated value is no longer fresh, a licence ends."""

from uuid import UUID

from cdp.base.database.sql import rows
from profiles.identity.resolution import resolve
from profiles.models.projection import Rule

BLOCK = 5_000
#: Ids of identities (a profile's id is one of them) whose fold would differ, or may differ, by now.
LAPSED = f"""
    SELECT unnest(ARRAY[d.identity_id, d.other_id]) AS identity FROM profiles_stewarddecision d
    WHERE d.expires_at <= now() AND NOT EXISTS (SELECT FROM profiles_stewarddecision w WHERE w.withdraws_id = d.id)
    UNION
    SELECT i.identity_id FROM profiles_sharedidentifier x
    JOIN profiles_identifier i ON i.namespace_id = x.namespace_id AND i.blind = x.blind
    WHERE x.verdict = 'private' AND x.expires_at <= now()
    UNION
    SELECT g.profile_id FROM profiles_goldenvalue g
    JOIN profiles_record r ON r.id = g.record_id
    JOIN profiles_attribute a ON a.id = g.attribute_id
    WHERE r.valid_until <= now()
    OR (g.rule = {Rule.ZERO_PARTY} AND r.observed_at <= now() - make_interval(days => a.freshness_days))
"""


def fold_expired() -> int:
    """Fold everybody for whom something has lapsed, block by block; give how many were asked about. Nightly."""
    lapsed: list[UUID] = [identity for (identity,) in rows(LAPSED) if identity]
    for start in range(0, len(lapsed), BLOCK):
        resolve(identities=lapsed[start : start + BLOCK])
    return len(lapsed)
