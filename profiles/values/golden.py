"""The value that stands for each attribute of a person, the rule that decided, and the candidates it beat.

Order of the keys: a steward's pin; the person's own word while fresh; own before borrowed (second- and third-party)
data; verified; party; the source's trust; most recent by source time; source code and external id. A candidate is
the standing value of each identity, and each pinned value, whose licence has not ended.
"""

import json
from collections.abc import Iterable
from decimal import Decimal
from uuid import UUID

from cdp.base.database.sql import dicts, execute, rows
from profiles import changes
from profiles.changes import ChangeKind
from profiles.models.projection import Rule
from profiles.values.standing_facts import STANDING_DECISIONS, STANDING_TRAITS

BLOCK = 20_000

#: Candidates with their keys. `{people}` is a relation (id, profile_id, external_key) of identities.
CANDIDATES = (
    """
    people AS MATERIALIZED ({people}),
    pins AS (
        SELECT DISTINCT ON (d.record_id, d.attribute_id) d.record_id, d.attribute_id, d.id AS pin
        FROM """
    + STANDING_DECISIONS
    + """ AND d.kind = 'pin' AND d.identity_id IN (SELECT id FROM people)
        ORDER BY d.record_id, d.attribute_id, d.id DESC
    ),
    said AS (
        SELECT record_id, identity_id, attribute_id, value, verified, valid_until, party, observed_at, source_id, pin
        FROM ("""
    + STANDING_TRAITS.format(only="r.identity_id IN (SELECT id FROM people)")
    + """) standing LEFT JOIN pins USING (record_id, attribute_id)
        UNION ALL
        SELECT r.id, r.identity_id, a.id, r.traits -> a.code, r.verified, r.valid_until, r.party, r.observed_at,
               r.source_id, pins.pin
        FROM pins JOIN profiles_record r ON r.id = pins.record_id JOIN profiles_attribute a ON a.id = pins.attribute_id
        WHERE EXISTS (SELECT FROM profiles_record later WHERE later.identity_id = r.identity_id
            AND later.traits ? a.code AND (later.observed_at, later.version) > (r.observed_at, r.version))
    ),
    candidates AS (
        SELECT people.profile_id, people.external_key, said.*, source.trust, source.code AS source,
               said.party = 0 AND said.observed_at > now() - make_interval(days => a.freshness_days) AS fresh,
               CASE WHEN jsonb_typeof(said.value) <> 'object' THEN said.value END AS open, a.type
        FROM said
        JOIN people ON people.id = said.identity_id
        JOIN profiles_source source ON source.id = said.source_id
        JOIN profiles_attribute a ON a.id = said.attribute_id
        WHERE said.valid_until IS NULL OR said.valid_until > now()
    ),
    weighed AS (SELECT *, ARRAY[fresh::int, (party <= 1)::int, verified::int, -party, trust] AS weight FROM candidates)
"""
)
#: The rule by which each place of a weight decides: the greater wins.
WEIGHT = [Rule.ZERO_PARTY, Rule.PARTY, Rule.VERIFIED, Rule.PARTY, Rule.TRUST]
BY_WEIGHT = " ".join(f"WHEN weight[{n}] <> next_weight[{n}] THEN {rule}" for n, rule in enumerate(WEIGHT, start=1))
ORDER = "pin DESC NULLS LAST, weight DESC, observed_at DESC, source, external_key"

#: One row for each profile and attribute: the winner, and the first key in which it differs from the runner-up.
WINNERS = f"""
    ranked AS (
        SELECT *, row_number() OVER best AS place, count(*) OVER every AS candidates, lead(pin) OVER best AS next_pin,
               lead(weight) OVER best AS next_weight, lead(observed_at) OVER best AS next_observed_at
        FROM weighed
        WINDOW best AS (PARTITION BY profile_id, attribute_id ORDER BY {ORDER}),
               every AS (PARTITION BY profile_id, attribute_id)
    ),
    winners AS (
        SELECT profile_id, record_id, attribute_id, candidates, party,
               CASE WHEN candidates = 1 THEN {Rule.ONLY}
                    WHEN pin IS DISTINCT FROM next_pin THEN {Rule.PIN}
                    {BY_WEIGHT}
                    WHEN observed_at <> next_observed_at THEN {Rule.RECENT}
                    ELSE {Rule.TIE} END AS rule,
               CASE WHEN jsonb_typeof(open) = 'boolean' THEN open::boolean END AS boolean,
               CASE WHEN jsonb_typeof(open) = 'string' AND type = 'date' THEN (open #>> '{{}}')::date END AS date,
               CASE WHEN jsonb_typeof(open) = 'string' AND type <> 'date' THEN open #>> '{{}}' END AS text,
               CASE WHEN jsonb_typeof(open) = 'number' THEN open::numeric END AS number,
               CASE WHEN jsonb_typeof(open) = 'array' THEN open END AS items
        FROM ranked WHERE place = 1
    )
"""
#: Where golden values, `{stored}`, are not the winners: what has no `stored` is new, what has no `record_id` gone.
DIFFERING = """
    differing AS (
        SELECT coalesce(w.profile_id, g.profile_id) AS profile_id,
               coalesce(w.attribute_id, g.attribute_id) AS attribute_id,
               g.record_id AS stored, w.record_id, w.candidates, w.party, w.rule, w.boolean, w.date, w.text, w.number,
               w.items
        FROM ({stored}) g FULL JOIN winners w ON w.profile_id = g.profile_id AND w.attribute_id = g.attribute_id
        WHERE (g.record_id, g.candidates, g.party, g.rule, g.boolean, g.date, g.text, g.number, g.items)
            IS DISTINCT FROM (w.record_id, w.candidates, w.party, w.rule, w.boolean, w.date, w.text, w.number, w.items)
    )
"""
OF_PROFILES = "SELECT id, profile_id, external_key FROM profiles_sourceidentity WHERE profile_id = ANY(%(profiles)s)"
STORED = "SELECT * FROM profiles_goldenvalue WHERE profile_id = ANY(%(profiles)s)"
#: A stored value and what it differs from. The profiles are named, lest the planner read the whole table.
SAME = "g.profile_id = ANY(%(profiles)s) AND g.profile_id = d.profile_id AND g.attribute_id = d.attribute_id"
CHANGED = """
    SELECT d.profile_id AS profile, NULL::uuid AS object, array_agg(a.code::text ORDER BY a.code) AS what
    FROM differing d JOIN profiles_attribute a ON a.id = d.attribute_id GROUP BY d.profile_id
"""
STALE = f"""
    WITH {CANDIDATES.format(people=OF_PROFILES)}, {WINNERS}, {DIFFERING.format(stored=STORED)}
    SELECT DISTINCT profile_id FROM differing ORDER BY profile_id
"""
#: Whoever folds holds the people, so what is not there yet comes from nobody else meanwhile.
WRITE = f"""
    WITH {CANDIDATES.format(people=OF_PROFILES)}, {WINNERS}, {DIFFERING.format(stored=STORED)},
    gone AS (
        DELETE FROM profiles_goldenvalue g USING differing d WHERE d.record_id IS NULL AND {SAME}
    ),
    mended AS (
        UPDATE profiles_goldenvalue g
        SET record_id = d.record_id, candidates = d.candidates, party = d.party, rule = d.rule, boolean = d.boolean,
            date = d.date, text = d.text, number = d.number, items = d.items
        FROM differing d WHERE d.stored IS NOT NULL AND d.record_id IS NOT NULL AND {SAME}
    ),
    put AS (
        INSERT INTO profiles_goldenvalue (profile_id, attribute_id, record_id, candidates, party, rule, boolean, date,
                                          text, number, items)
        SELECT profile_id, attribute_id, record_id, candidates, party, rule, boolean, date, text, number, items
        FROM differing WHERE stored IS NULL ORDER BY profile_id, attribute_id
    )
    {changes.insertion(kind=ChangeKind.PROFILE_CHANGED, rows=CHANGED)}
"""


def fold(*, profiles: Iterable[UUID]) -> int:
    """Write what stands for `profiles`, only where it differs; give how many profiles changed."""
    wanted = list(profiles)
    blocks = (wanted[start : start + BLOCK] for start in range(0, len(wanted), BLOCK))
    return sum(execute(WRITE, {"profiles": block}) for block in blocks)


def stale(*, profiles: list[UUID]) -> list[UUID]:
    """Those of `profiles` whose golden values are not what stands at this moment."""
    return [profile for (profile,) in rows(STALE, {"profiles": profiles})]


def explain(*, profile: UUID, attribute: str) -> dict | None:
    """{"rule", "winner", "candidates"}: which value stands, which it beat (best first, the winner among them), and
    why, as a Rule. A candidate tells its provenance, and its value where the attribute is open; None where nothing is
    said.
    """
    sql = f"""
        WITH {CANDIDATES.format(people=OF_PROFILES)}, {WINNERS}
        SELECT c.identity_id AS identity, c.record_id AS record, c.source, c.party, c.trust, c.verified, c.fresh, c.pin,
               c.observed_at, c.valid_until, c.open IS NULL AS sealed, c.open AS value, w.rule
        FROM weighed c JOIN winners w USING (profile_id, attribute_id)
        WHERE c.attribute_id = (SELECT id FROM profiles_attribute WHERE code = %(attribute)s) ORDER BY {ORDER}
    """
    candidates = dicts(sql, {"profiles": [profile], "attribute": attribute})
    if not candidates:
        return None
    rule = Rule(candidates[0]["rule"])
    for one in candidates:
        del one["rule"]
        one["value"] = one["value"] and json.loads(one["value"], parse_float=Decimal, parse_int=Decimal)
    return {"rule": rule, "winner": candidates[0], "candidates": candidates}
