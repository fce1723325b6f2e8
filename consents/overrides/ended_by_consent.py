"""What ends when a person says yes again, directly: an objection to that purpose, a suppression of that address.

A partner's word or an old system's never does. That it ended is recorded, with the entry of the ledger that ended it.
"""

from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import execute
from consents.models import ObjectionScope, SuppressionReason
from consents.state.fold import GRANTS, direct, listed
from profiles import changes
from profiles.changes import ChangeKind

#: Suppressions that express what the person wanted; the others stand on something else.
THE_PERSONS_WISH = (SuppressionReason.OBJECTION, SuppressionReason.ERASURE, SuppressionReason.COMPLAINT)

_DIRECT = f"""r.profile_id = ANY(%(profiles)s) AND r.state IN ({listed(GRANTS)}) AND {direct("e")}"""

#: Whose permission an end changes: those who have the address now.
_HAVE_THE_ADDRESS = """
SELECT DISTINCT s.profile_id AS profile, NULL::uuid AS object, ARRAY['suppression'] AS what
FROM ended JOIN profiles_identifier i ON i.namespace_id = ended.namespace_id AND i.blind = ended.blind
JOIN profiles_sourceidentity s ON s.id = i.identity_id
"""
_OBJECTED = """
SELECT s.profile_id AS profile, NULL::uuid AS object, array_agg(DISTINCT 'objection:' || p.key) AS what
FROM ended JOIN profiles_sourceidentity s ON s.id = ended.identity_ref
JOIN consents_purpose p ON p.id = ended.purpose_id
GROUP BY s.profile_id
"""

_END_OBJECTIONS = f"""
WITH ended AS (
INSERT INTO consents_objection
    (identity_ref, scope, purpose_id, lifted, effective_at, source_id, source_event_id, reason_code, actor_ref)
SELECT DISTINCT ON (r.ledger_position) r.identity_ref, '{ObjectionScope.PURPOSE}', r.purpose_id, TRUE, r.effective_at,
       e.source_id, 'consent:' || r.ledger_position, 'direct_consent', ''
FROM consents_consentrecord r
JOIN consents_historicalconsentrecord e ON e.history_id = r.ledger_position
JOIN consents_purpose p ON p.id = r.purpose_id
JOIN profiles_sourceidentity s ON s.profile_id = r.profile_id
JOIN consents_objection o ON o.identity_ref = s.id AND NOT o.lifted AND o.effective_at < r.effective_at
     AND (o.purpose_id = r.purpose_id
          OR o.scope = '{ObjectionScope.DIRECT_MARKETING}' AND (p.direct_marketing OR p.profiling))
WHERE {_DIRECT}
ON CONFLICT (source_id, source_event_id) DO NOTHING
RETURNING identity_ref, purpose_id)
{changes.insertion(kind=ChangeKind.CONSENT_CHANGED, rows=_OBJECTED)}
"""

_END_SUPPRESSIONS = f"""
WITH ended AS (
UPDATE consents_suppression x
SET lifted_at = clock_timestamp(), lifted_reason = 'direct consent, ledger entry ' || r.ledger_position
FROM consents_consentrecord r
JOIN consents_historicalconsentrecord e ON e.history_id = r.ledger_position
JOIN consents_contactpoint c ON c.ref = r.contact_ref
WHERE x.namespace_id = c.namespace_id AND x.blind = c.blind AND x.lifted_at IS NULL
  AND x.channel IN ('none', r.channel) AND x.created_at < r.effective_at
  AND x.reason IN ({listed(THE_PERSONS_WISH)}) AND {_DIRECT}
RETURNING x.namespace_id, x.blind)
{changes.insertion(kind=ChangeKind.CONSENT_CHANGED, rows=_HAVE_THE_ADDRESS)}
"""


def end_overrides_after_consent(profiles: Iterable[UUID]) -> None:
    """End what the standing direct consents of `profiles` came after."""
    asked = {"profiles": list(profiles)}
    execute(_END_OBJECTIONS, asked)
    execute(_END_SUPPRESSIONS, asked)
