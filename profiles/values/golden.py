"""The value that stands for each attribute of a person, the rule that decided, and the candidates it beat.

Order of the keys: a steward's pin; the person's own word while fresh; own before borrowed (second- and third-party)
data; verified; party; the source's trust; most recent by source time; source code and external id. A candidate is
the standing value of each identity, and each pinned value, whose licence has not ended.
"""

import json
from collections.abc import Iterable
from uuid import UUID

from cdp.base.database.sql import dicts, execute, rows
from profiles import changes
from profiles.changes import ChangeKind
from profiles.values.standing_facts import STANDING_TRAITS

BLOCK = 20_000

#: Candidates with their keys. `{people}` is a relation (id, profile_id, external_key) of identities.
CANDIDATES = (
    """
    people AS MATERIALIZED ({people}),
    pins AS (
        SELECT DISTINCT ON (d.record_id, d.attribute_id) d.record_id, d.attribute_id, d.id AS pin
        FROM profiles_stewarddecision d
        JOIN people ON people.id = d.identity_id
        WHERE d.kind = 'pin' AND (d.expires_at IS NULL OR d.expires_at > now())
        AND NOT EXISTS (SELECT FROM profiles_stewarddecision w WHERE w.withdraws_id = d.id)
        ORDER BY d.record_id, d.attribute_id, d.id DESC
    ),
    standing AS ("""
    + STANDING_TRAITS.format(only="r.identity_id IN (SELECT id FROM people)")
    + """),
    said AS (
        SELECT standing.*, pins.pin FROM standing LEFT JOIN pins USING (record_id, attribute_id)
        UNION ALL
        SELECT r.id, r.identity_id, a.id, r.traits -> a.code, r.sealed, r.verified, r.valid_until, r.party,
               r.observed_at, r.source_id, pins.pin
        FROM pins JOIN profiles_record r ON r.id = pins.record_id JOIN profiles_attribute a ON a.id = pins.attribute_id
        WHERE NOT EXISTS (SELECT FROM standing s WHERE (s.record_id, s.attribute_id) = (r.id, a.id))
    ),
    candidates AS (
        SELECT people.profile_id, people.external_key, said.*, source.trust, source.code AS source,
               said.party = 0 AND said.observed_at > now() - make_interval(days => a.freshness_days) AS fresh,
               said.party <= 1 AS own,
               CASE WHEN jsonb_typeof(said.value) <> 'object' THEN said.value END AS open, a.type
        FROM said
        JOIN people ON people.id = said.identity_id
        JOIN profiles_source source ON source.id = said.source_id
        JOIN profiles_attribute a ON a.id = said.attribute_id
        WHERE said.valid_until IS NULL OR said.valid_until > now()
    )
"""
)
ORDER = """
    pin DESC NULLS LAST, fresh DESC, own DESC, verified DESC, party, trust DESC, observed_at DESC, source, external_key
"""

#: One row for each profile and attribute: the winner, and the first key in which it differs from the runner-up.
WINNERS = f"""
    ranked AS (
        SELECT *, row_number() OVER best AS place, count(*) OVER every AS candidates,
               lead(pin) OVER best AS next_pin, lead(fresh) OVER best AS next_fresh, lead(own) OVER best AS next_own,
               lead(verified) OVER best AS next_verified, lead(party) OVER best AS next_party,
               lead(trust) OVER best AS next_trust, lead(observed_at) OVER best AS next_observed_at
        FROM candidates
        WINDOW best AS (PARTITION BY profile_id, attribute_id ORDER BY {ORDER}),
               every AS (PARTITION BY profile_id, attribute_id)
    ),
    winners AS (
        SELECT profile_id, attribute_id, record_id, candidates, party,
               CASE WHEN jsonb_typeof(open) = 'string' AND type <> 'date' THEN open #>> '{{}}' END AS text,
               CASE WHEN jsonb_typeof(open) = 'number' THEN open::numeric END AS number,
               CASE WHEN jsonb_typeof(open) = 'string' AND type = 'date' THEN (open #>> '{{}}')::date END AS date,
               CASE WHEN jsonb_typeof(open) = 'boolean' THEN open::boolean END AS boolean,
               CASE WHEN jsonb_typeof(open) = 'array' THEN open END AS items,
               CASE WHEN candidates = 1 THEN 'only'
                    WHEN pin IS DISTINCT FROM next_pin THEN 'pin'
                    WHEN fresh <> next_fresh THEN 'zero_party'
                    WHEN own <> next_own THEN 'party'
                    WHEN verified <> next_verified THEN 'verified'
                    WHEN party <> next_party THEN 'party'
                    WHEN trust <> next_trust THEN 'trust'
                    WHEN observed_at <> next_observed_at THEN 'recent'
                    ELSE 'tie' END AS rule
        FROM ranked WHERE place = 1
    )
"""
OF_PROFILES = "SELECT id, profile_id, external_key FROM profiles_sourceidentity WHERE profile_id = ANY(%(profiles)s)"
CHANGED = """
    SELECT c.profile_id AS profile, NULL::uuid AS object, array_agg(a.code::text ORDER BY a.code) AS what
    FROM changed c JOIN profiles_attribute a ON a.id = c.attribute_id GROUP BY c.profile_id
"""
WRITE = f"""
    WITH {CANDIDATES.format(people=OF_PROFILES)}, {WINNERS},
    gone AS (
        DELETE FROM profiles_goldenvalue g WHERE g.profile_id = ANY(%(profiles)s) AND NOT EXISTS (
            SELECT FROM winners w WHERE w.profile_id = g.profile_id AND w.attribute_id = g.attribute_id)
        RETURNING g.profile_id, g.attribute_id
    ),
    put AS (
        INSERT INTO profiles_goldenvalue AS g (profile_id, attribute_id, record_id, candidates, party, text, number,
                                               date, boolean, items, rule)
        SELECT * FROM winners ORDER BY profile_id, attribute_id
        ON CONFLICT (profile_id, attribute_id) DO UPDATE SET
            record_id = excluded.record_id, candidates = excluded.candidates, party = excluded.party,
            text = excluded.text, number = excluded.number, date = excluded.date, boolean = excluded.boolean,
            items = excluded.items, rule = excluded.rule
        WHERE (g.record_id, g.candidates, g.party, g.rule, g.text, g.number, g.date, g.boolean, g.items)
            IS DISTINCT FROM (excluded.record_id, excluded.candidates, excluded.party, excluded.rule, excluded.text,
                              excluded.number, excluded.date, excluded.boolean, excluded.items)
        RETURNING g.profile_id, g.attribute_id
    ),
    changed AS (SELECT * FROM gone UNION SELECT * FROM put),
    dated AS (
        UPDATE profiles_profile SET updated_at = now()
        WHERE id IN (SELECT profile_id FROM changed) AND updated_at < now()
    )
    {changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=CHANGED)}
"""


def fold(*, profiles: Iterable[UUID] | None = None) -> int:
    """Write what stands for `profiles` (None: all), only where it differs; give how many profiles changed."""
    if profiles is None:
        profiles = [found for (found,) in rows("SELECT id FROM profiles_profile WHERE erased_at IS NULL ORDER BY id")]
    wanted = list(profiles)
    blocks = (wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK))
    return sum(execute(WRITE, {"profiles": block}) for block in blocks)


def explain(*, profile: UUID, attribute: str) -> dict | None:
    """{"rule", "winner", "candidates"}: which value stands, which it beat (best first, the winner among them), and
    why. A candidate tells its provenance, and its value where the attribute is open; None where nothing is said.
    """
    sql = f"""
        WITH {CANDIDATES.format(people=OF_PROFILES)}, {WINNERS}
        SELECT c.identity_id AS identity, c.record_id AS record, c.source, c.party, c.trust, c.verified, c.fresh, c.pin,
               c.observed_at, c.valid_until, c.open IS NULL AS sealed, c.open AS value, w.rule
        FROM candidates c JOIN winners w USING (profile_id, attribute_id)
        WHERE c.attribute_id = (SELECT id FROM profiles_attribute WHERE code = %(attribute)s) ORDER BY {ORDER}
    """
    candidates = dicts(sql, {"profiles": [profile], "attribute": attribute})
    if not candidates:
        return None
    rule = {one.pop("rule") for one in candidates}.pop()
    for one in candidates:
        one["value"] = one["value"] and json.loads(one["value"])
    return {"rule": rule, "winner": candidates[0], "candidates": candidates}
