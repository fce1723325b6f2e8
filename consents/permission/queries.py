"""The SQL of the decision: the ways a person may be reached, and what is stronger than consent over them.

Every fragment is about the people of `{people}` (a condition on a profile id), as `{place}` (identity, profile) says
who they are (see `overrides.standing.parts`), with the named parameters of `consents.permission.rules`. A layer is a
set of (profile, since). A way is one address, or none where the channel needs none, with a verdict: empty where the
person may be reached by it.
"""

from consents.models import State
from consents.overrides.standing import IN_FORCE, OBJECTED, RESTRICTED, SUPPRESSED, stood_under
from consents.state.contact_points import HELD
from consents.state.fold import GRANTS, NOES, listed, ran_out

#: Younger than the purpose asks, else than the limit of their country, else than the highest limit there is.
UNDER_AGE = """
SELECT b.profile_id AS profile, NULL::timestamptz AS since FROM profiles_goldenvalue b
LEFT JOIN profiles_goldenvalue c ON c.profile_id = b.profile_id
      AND c.attribute_id = (SELECT id FROM profiles_attribute WHERE code = 'country')
LEFT JOIN unnest(%(countries)s::text[], %(ages)s::int[]) AS law(country, years) ON law.country = upper(c.text)
WHERE b.attribute_id = (SELECT id FROM profiles_attribute WHERE code = 'birth_date') AND b.profile_id {people}
  AND b.date > %(today)s::date - make_interval(years => coalesce(%(min_age)s, law.years, %(highest_age)s))
"""

#: The address of a way. Of several the first that was said, and the plain kind of it before its verified twin.
_ADDRESS = "h.record, h.namespace, h.blind"
_NO_ADDRESS = "NULL::bigint AS record, NULL::varchar AS namespace, NULL::uuid AS blind"
_FIRST_ADDRESS = "record, namespace, blind"
_ADDRESS_SUPPRESSED = f"""EXISTS (
    SELECT FROM consents_suppression x WHERE x.namespace_id = h.namespace_id AND x.blind = h.blind AND {IN_FORCE})"""

# --- Ways by consent ----------------------------------------------------------------------------------------------

_VERDICT = f"""CASE
    WHEN {ran_out("r", "%(as_of)s")} THEN 'consent_expired'
    WHEN r.state IN ({listed(GRANTS)}) THEN CASE
        WHEN r.purpose_version_id = ANY(%(outdated)s) OR r.notice_version_id = ANY(%(replaced)s) THEN 'outdated_notice'
        WHEN %(recipient)s AND r.notice_version_id <> ALL(%(naming)s) THEN 'recipient_not_named'
        ELSE '' END
    WHEN r.doi_pending THEN 'doi_pending'
    WHEN r.state = '{State.REFUSED}' THEN 'consent_refused'
    WHEN r.state = '{State.WITHDRAWN}' THEN 'consent_withdrawn'
    WHEN r.state = '{State.REVOKED}' THEN 'consent_revoked'
    WHEN r.state = '{State.INVALIDATED}' THEN 'consent_invalidated'
    WHEN r.state = '{State.EXPIRED}' THEN 'consent_expired'
    ELSE 'consent_missing' END"""

_ANSWERS = f"""
SELECT r.profile_id AS profile, r.contact_ref, r.identity_ref, r.recorded_at, r.effective_at, r.ledger_position,
       r.actor_kind, r.needs_refresh, r.state IN ({listed(NOES)}) AS is_no, {_VERDICT} AS verdict
FROM ({{records}}) r
WHERE r.purpose_id = %(purpose)s AND r.channel = %(channel)s AND r.controller_id = %(controller)s
  AND r.profile_id {{people}}
"""

# A later no without an address ends what was allowed for one; a yes without an address never revives one that said no.
_NO_TO_ALL = """LEFT JOIN answers every ON every.profile = a.profile AND every.contact_ref IS NULL AND every.is_no
          AND a.contact_ref IS NOT NULL AND every.effective_at >= a.effective_at"""

_SAME_SIDE = f"""(NOT a.needs_refresh OR h.identity = a.identity_ref OR EXISTS (
    SELECT FROM profiles_identity_history o JOIN profiles_identity_history b ON b.profile = o.profile
    WHERE o.identity_id = a.identity_ref AND b.identity_id = h.identity
      AND {stood_under("o", "a.recorded_at")} AND {stood_under("b", "a.recorded_at")}))"""

BY_CONSENT = f"""
WITH answers AS ({_ANSWERS})
SELECT a.profile, a.contact_ref, {_NO_ADDRESS},
       coalesce(nullif(a.verdict, ''), every.verdict, '') AS verdict,
       a.ledger_position AS position, a.effective_at AS since, a.actor_kind
FROM answers a {_NO_TO_ALL}
"""

BY_CONSENT_AND_ADDRESS = f"""
WITH answers AS ({_ANSWERS}),
held AS ({HELD})
SELECT a.profile, a.contact_ref, {_ADDRESS},
       CASE WHEN a.verdict <> '' THEN a.verdict
            WHEN every.profile IS NOT NULL THEN every.verdict
            WHEN h.blind IS NULL THEN 'no_contact_point'
            WHEN {_ADDRESS_SUPPRESSED} THEN 'suppressed' ELSE '' END AS verdict,
       a.ledger_position AS position, a.effective_at AS since, a.actor_kind
FROM answers a {_NO_TO_ALL}
LEFT JOIN (consents_contactpoint c JOIN held h ON h.namespace_id = c.namespace_id AND h.blind = c.blind)
       ON c.ref = a.contact_ref AND h.profile = a.profile
WHERE a.contact_ref IS NOT NULL
UNION ALL
SELECT a.profile, c.ref, {_ADDRESS},
       CASE WHEN a.verdict <> '' THEN a.verdict
            WHEN h.blind IS NULL THEN 'no_contact_point'
            WHEN {_ADDRESS_SUPPRESSED} THEN 'suppressed' ELSE '' END,
       a.ledger_position, a.effective_at, a.actor_kind
FROM answers a
LEFT JOIN held h ON h.profile = a.profile AND a.verdict = '' AND {_SAME_SIDE}
LEFT JOIN consents_contactpoint c ON c.namespace_id = h.namespace_id AND c.blind = h.blind
WHERE a.contact_ref IS NULL
  AND NOT EXISTS (SELECT FROM answers own WHERE own.profile = a.profile AND own.contact_ref = c.ref)
"""

# --- Ways on another legal basis ----------------------------------------------------------------------------------

_ON_OTHER_BASIS = "NULL::bigint AS position, NULL::timestamptz AS since, NULL::text AS actor_kind"

BY_BASIS = f"""
SELECT p.id AS profile, NULL::uuid AS contact_ref, {_NO_ADDRESS}, '' AS verdict, {_ON_OTHER_BASIS}
FROM ({{everyone}}) p
"""

BY_BASIS_AND_ADDRESS = f"""
SELECT h.profile, c.ref AS contact_ref, {_ADDRESS},
       CASE WHEN {_ADDRESS_SUPPRESSED} THEN 'suppressed' ELSE '' END AS verdict, {_ON_OTHER_BASIS}
FROM ({HELD}) h LEFT JOIN consents_contactpoint c ON c.namespace_id = h.namespace_id AND c.blind = h.blind
"""

# --- Both together ---------------------------------------------------------------------------------------------------

#: For each person asked about: every reason against, in the order they are asked, and the best way there is.
ANSWERED = f"""
SELECT p.id, array_remove(ARRAY[
           CASE WHEN suppressed.profile IS NOT NULL THEN 'suppressed' END,
           CASE WHEN p.erased_at IS NOT NULL THEN 'erased' END,
           CASE WHEN objected.profile IS NOT NULL THEN 'objection' END,
           CASE WHEN restricted.profile IS NOT NULL THEN 'restricted' END,
           CASE WHEN under_age.profile IS NOT NULL AND best.actor_kind IS DISTINCT FROM 'guardian'
                THEN CASE WHEN best.verdict = '' THEN 'guardian_missing' ELSE 'minor' END END,
           CASE WHEN NOT %(has_basis)s THEN 'no_basis'
                ELSE nullif(coalesce(best.verdict, %(without_a_way)s), '') END], NULL) AS reasons,
       best.position, coalesce(suppressed.since, p.erased_at, objected.since, restricted.since, best.since) AS since,
       best.contact_ref, best.namespace, best.blind
FROM ({{everyone}}) p
LEFT JOIN ({SUPPRESSED}) suppressed ON suppressed.profile = p.id
LEFT JOIN ({OBJECTED}) objected ON objected.profile = p.id
LEFT JOIN ({RESTRICTED}) restricted ON restricted.profile = p.id
LEFT JOIN ({UNDER_AGE}) under_age ON under_age.profile = p.id AND %(heeds_age)s
LEFT JOIN (SELECT DISTINCT ON (profile) * FROM ({{ways}}) w
           ORDER BY profile, verdict = '' DESC, actor_kind = 'guardian' DESC NULLS LAST, since DESC,
                    {_FIRST_ADDRESS}) best
       ON best.profile = p.id
"""

#: Only those who may be reached. What is stronger takes its people away as a set: joined against, it is easily believed
#: to leave nobody, and what follows is then done in loops.
REACHABLE = f"""
WITH reached AS MATERIALIZED (
    SELECT p.id, coalesce(way.actor_kind = 'guardian', FALSE) AS by_guardian
    FROM ({{everyone}}) p JOIN ({{ways}}) way ON way.profile = p.id AND way.verdict = ''
    WHERE %(has_basis)s AND p.erased_at IS NULL
)
SELECT id FROM reached EXCEPT (
    SELECT profile FROM ({SUPPRESSED}) suppressed
    UNION ALL SELECT profile FROM ({OBJECTED}) objected
    UNION ALL SELECT profile FROM ({RESTRICTED}) restricted
    UNION ALL (SELECT profile FROM ({UNDER_AGE}) under_age WHERE %(heeds_age)s
               EXCEPT SELECT id FROM reached WHERE by_guardian))
"""
