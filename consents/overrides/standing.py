"""The SQL of what stands above consent: each a set of (profile, since).

Every fragment is about the people of `{people}` (a condition on a profile id), as `{place}` (identity, profile) says
who they are (see `parts`), with the clocks of `consents.state.time`.
"""

from consents.models import ObjectionScope, SuppressionReason
from consents.state.fold import listed

#: Everybody, as the condition of `{people}`.
ALL = "IS NOT NULL"


def parts(*, place: str, people: str) -> dict[str, str]:
    """What the fragments are formatted with; rows about nobody who ever met the people asked about are left out."""
    who = f"SELECT p.identity FROM ({place}) p WHERE p.profile {people}"
    met = f"""SELECT b.identity_id FROM profiles_identity_history a
              JOIN profiles_identity_history b ON b.profile = a.profile
              WHERE a.identity_id IN ({who})"""
    kin = "TRUE" if people == ALL else f"o.identity_ref IN ({who} UNION {met})"
    return {"place": place, "people": people, "kin": kin}


#: These say something of one address, not of the person who has it.
OF_THE_ADDRESS = (SuppressionReason.HARD_BOUNCE, SuppressionReason.NIX)

IN_FORCE = "x.channel IN ('none', %(channel)s) AND x.created_at <= %(seen)s AND coalesce(x.lifted_at > %(seen)s, TRUE)"

SUPPRESSED = f"""
SELECT s.profile, min(x.created_at) AS since FROM consents_suppression x
JOIN profiles_identifier i ON i.namespace_id = x.namespace_id AND i.blind = x.blind
JOIN ({{place}}) s ON s.identity = i.identity_id
WHERE {IN_FORCE} AND x.reason NOT IN ({listed(OF_THE_ADDRESS)}) AND s.profile {{people}} GROUP BY s.profile
"""

_SAID_BY_THEN = "o.effective_at <= %(until)s AND o.recorded_at <= %(known)s AND {kin}"


def stood_under(alias: str, moment: str) -> str:
    """Whether somebody stood under the id of `alias` at `moment`."""
    return f"{alias}.valid_from <= {moment} AND ({alias}.valid_to IS NULL OR {moment} < {alias}.valid_to)"


def about(table: str) -> str:
    """Rows of a layer, once for each identity they cover: all who stood under one id when they were recorded."""
    return f"""
    SELECT o.*, o.identity_ref AS identity FROM {table} o WHERE {_SAID_BY_THEN}
    UNION ALL
    SELECT o.*, b.identity_id FROM {table} o
    JOIN profiles_identity_history a ON a.identity_id = o.identity_ref AND {stood_under("a", "o.recorded_at")}
    JOIN profiles_identity_history b ON b.profile = a.profile AND b.identity_id <> o.identity_ref
        AND {stood_under("b", "o.recorded_at")}
    WHERE {_SAID_BY_THEN}"""


def _standing(table: str, concerns: str, lifts: str) -> str:
    """Profiles with a row that concerns the question and that no later row of the same identity lifts."""
    return f"""
SELECT s.profile, max(o.effective_at) AS since FROM ({about(table)}) o
JOIN ({{place}}) s ON s.identity = o.identity
WHERE NOT o.lifted AND s.profile {{people}} AND {concerns} AND NOT EXISTS (
    SELECT FROM ({about(table)}) l
    WHERE l.lifted AND l.identity = o.identity AND l.effective_at > o.effective_at AND {lifts})
GROUP BY s.profile
"""


OBJECTED = _standing(
    "consents_objection",
    concerns=f"(o.purpose_id = %(purpose)s OR o.scope = '{ObjectionScope.DIRECT_MARKETING}' AND %(marketing)s)",
    lifts="(l.purpose_id = %(purpose)s OR l.scope = o.scope AND l.purpose_id IS NOT DISTINCT FROM o.purpose_id)",
)
RESTRICTED = _standing("consents_restriction", concerns="TRUE", lifts="TRUE")
