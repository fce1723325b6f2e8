"""The fold: which decision of a choice key stands. One SQL text, for the present record and for any other moment.

A choice key is (profile, contact point or none, channel, purpose, controller). Its decisions are ordered by when the
person acted; at equal time a yes stands before a no, then the order of the ledger. The last one stands, but:

- a decision that a correction supersedes counts no more, and a correction without a state says nothing;
- a grant that a partner or an older system only reports never stands over an earlier no;
- a decision counts for the profile of its source record, else of its contact point's owner, else of its identity;
- without a contact point it counts for each identity that stood under the same id when it was recorded ("side").
  Where sides disagree after a merge, the no stands, unless the later yes is a direct act of the person and both
  sides share a verified identifier.
"""

from collections.abc import Iterable
from contextlib import contextmanager
from uuid import UUID

from cdp.base.database.sql import execute, rows
from consents.models import VALID_STATES, ActorKind, ConsentRecord, Ledger, State, Trust
from consents.state import time
from profiles import changes
from profiles.changes import ChangeKind

GRANTS = tuple(VALID_STATES)
NOES = (State.REFUSED, State.EXPIRED, State.INVALIDATED, State.REVOKED, State.WITHDRAWN)
#: Which stands of answers of the same moment: the last. So the order of arrival never decides between two states.
ORDERED = (State.UNKNOWN, State.REQUESTED, State.DEFERRED, *GRANTS, *NOES)
THE_PERSON = (ActorKind.SUBJECT, ActorKind.GUARDIAN)
REPORTED = (Trust.PARTNER_ASSERTED, Trust.IMPORTED_LEGACY)

_LEDGER_COLUMNS = {field.column for field in Ledger._meta.concrete_fields}
#: What a record copies from the decision that stands.
COPIED = [
    field.column
    for field in ConsentRecord._meta.concrete_fields
    if field.column in _LEDGER_COLUMNS and not field.primary_key
]


def listed(values: Iterable[str]) -> str:
    return ", ".join(f"'{value}'" for value in values)


def ran_out(answer: str, moment: str) -> str:
    """Whether the validity of `answer`, an alias of records or entries, has ended at `moment`; never NULL."""
    return f"({answer}.state IN ({listed(GRANTS)}) AND coalesce({answer}.validity_until <= {moment}, FALSE))"


def state_at(answer: str, moment: str) -> str:
    """The state of `answer` at `moment`, as `consents.models.state_at` tells it."""
    return f"CASE WHEN {ran_out(answer, moment)} THEN '{State.EXPIRED}' ELSE {answer}.state END"


def direct(answer: str) -> str:
    """Whether `answer` is an act of the person, or of who answers for them, that nobody else reports."""
    return f"({answer}.trust = '{Trust.SUBJECT_DIRECT}' AND {answer}.actor_kind IN ({listed(THE_PERSON)}))"


_KEY = "profile, purpose_id, channel, controller_id, contact_ref"
_LATEST_FIRST = "effective_at DESC, weight DESC, seq DESC"

#: Which decisions count for whom. `{place}` says who is meant by which profile, `{kin}` whose decisions are looked at,
#: `{among}` which of them; with the parameters %(until)s, %(known)s and %(position)s.
COUNTED = f"""
WITH place AS MATERIALIZED ({{place}}),
kin AS MATERIALIZED ({{kin}}),
together AS MATERIALIZED (
    SELECT o.identity_id AS identity, a.identity_id AS mate, greatest(o.valid_from, a.valid_from) AS since,
           least(coalesce(o.valid_to, 'infinity'), coalesce(a.valid_to, 'infinity')) AS until
    FROM profiles_identity_history o
    JOIN profiles_identity_history a ON a.profile = o.profile AND a.identity_id <> o.identity_id
    WHERE o.identity_id IN (SELECT identity FROM kin)),
said AS MATERIALIZED (
    SELECT l.history_id AS seq, l.identity_ref, l.contact_ref, l.channel, l.purpose_id, l.controller_id, l.record,
           l.effective_at, l.recorded_at, l.trust IN ({listed(REPORTED)}) AS reported,
           {direct("l")} AS direct,
           array_position(ARRAY[{listed(ORDERED)}], l.state::text) AS weight,
           CASE WHEN l.state IN ({listed(NOES)}) THEN 2 WHEN l.state IN ({listed(GRANTS)}) THEN 1 ELSE 0 END AS rank,
           x.identity IS NOT NULL AS shared
    FROM consents_historicalconsentrecord l
    LEFT JOIN (SELECT DISTINCT identity FROM together) x ON x.identity = l.identity_ref
    WHERE l.identity_ref IN (SELECT identity FROM kin)
      AND l.effective_at <= %(until)s AND l.recorded_at <= %(known)s AND l.history_id <= %(position)s AND {{among}}),
met AS MATERIALIZED (
    SELECT s.seq, t.mate AS identity FROM said s
    JOIN together t ON t.identity = s.identity_ref AND t.since <= s.recorded_at AND s.recorded_at < t.until
    UNION SELECT seq, identity_ref FROM said WHERE shared
    UNION SELECT s.seq, r.identity_id FROM said s JOIN profiles_record r ON r.id = s.record WHERE s.shared),
holder AS (
    SELECT DISTINCT ON (s.seq) s.seq, m.identity FROM said s
    JOIN met m ON m.seq = s.seq
    JOIN consents_contactpoint c ON c.ref = s.contact_ref
    JOIN profiles_identifier i ON i.identity_id = m.identity AND i.namespace_id = c.namespace_id AND i.blind = c.blind
    ORDER BY s.seq, m.identity <> s.identity_ref, m.identity),
home AS (
    SELECT s.seq, p.profile FROM said s
    LEFT JOIN profiles_record r ON r.id = s.record
    LEFT JOIN holder h ON h.seq = s.seq
    JOIN place p ON p.identity = coalesce(r.identity_id, h.identity, s.identity_ref)
    WHERE s.shared),
counted AS (
    SELECT s.*, p.profile, CASE WHEN s.contact_ref IS NULL THEN s.identity_ref END AS side
    FROM said s JOIN place p ON p.identity = s.identity_ref WHERE NOT s.shared
    UNION ALL
    SELECT s.*, h.profile, NULL FROM said s JOIN home h ON h.seq = s.seq WHERE s.shared AND s.contact_ref IS NOT NULL
    UNION ALL
    SELECT s.*, p.profile, m.identity FROM said s
    JOIN met m ON m.seq = s.seq JOIN place p ON p.identity = m.identity LEFT JOIN home h ON h.seq = s.seq
    WHERE s.shared AND s.contact_ref IS NULL AND (p.profile = h.profile OR (s.rank = 2 AND s.record IS NULL)))
"""

#: Decisions that say something and that no correction known by then takes away.
IN_EFFECT = """l.state <> '' AND NOT EXISTS (
          SELECT FROM consents_historicalconsentrecord c
          WHERE c.supersedes = l.history_id AND c.recorded_at <= %(known)s AND c.history_id <= %(position)s)"""

_STANDING = f""",
heard AS (
    SELECT *, max(effective_at) FILTER (WHERE rank = 2) OVER earlier AS last_no,
           max(effective_at) FILTER (WHERE rank = 1 AND NOT reported) OVER earlier AS last_yes
    FROM counted
    WINDOW earlier AS (PARTITION BY {_KEY}, side ORDER BY effective_at, weight, seq
                       ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)),
standing AS MATERIALIZED (
    SELECT DISTINCT ON ({_KEY}, side) * FROM heard
    WHERE (rank = 1 AND reported AND last_no >= coalesce(last_yes, '-infinity')) IS NOT TRUE
    ORDER BY {_KEY}, side, {_LATEST_FIRST}),
overruling AS (
    SELECT yes.profile, yes.purpose_id, yes.channel, yes.controller_id, yes.seq
    FROM standing yes JOIN standing no USING (profile, purpose_id, channel, controller_id)
    WHERE yes.side IS NOT NULL AND no.side IS NOT NULL AND yes.rank = 1 AND yes.direct AND no.rank = 2
    GROUP BY yes.profile, yes.purpose_id, yes.channel, yes.controller_id, yes.seq
    HAVING bool_and(yes.effective_at > no.effective_at AND EXISTS (
        SELECT FROM profiles_identifier a JOIN profiles_identifier b USING (namespace_id, blind)
        WHERE a.identity_id = yes.side AND b.identity_id = no.side AND a.verified AND b.verified))),
answers AS (
    SELECT s.*, count(*) FILTER (WHERE s.rank > 0) OVER (PARTITION BY {_KEY}) AS sides,
           row_number() OVER (PARTITION BY {_KEY}
               ORDER BY (o.seq IS NOT NULL) DESC, s.rank DESC, {_LATEST_FIRST}) AS nth
    FROM standing s LEFT JOIN overruling o USING (profile, purpose_id, channel, controller_id, seq)),
folded AS (
    SELECT consents_choice(a.profile, l.contact_ref, l.channel, l.purpose_id, l.controller_id) AS id,
           a.profile AS profile_id, {", ".join(f"l.{column}" for column in COPIED)},
           a.seq AS ledger_position,
           a.rank = 1 AND a.side IS NOT NULL AND a.sides < p.identities AS needs_refresh
    FROM answers a
    JOIN consents_historicalconsentrecord l ON l.history_id = a.seq
    JOIN (SELECT profile, count(*) AS identities FROM place GROUP BY profile) p ON p.profile = a.profile
    WHERE a.nth = 1)
"""

FOLDED = COUNTED.replace("{among}", IN_EFFECT) + _STANDING

#: All columns of a folded answer, in the order of the record's table.
COLUMNS = ["id", "profile_id", *COPIED, "ledger_position", "needs_refresh"]

EVERYONE = "SELECT id AS identity, profile_id AS profile FROM profiles_sourceidentity"
THESE = f"{EVERYONE} WHERE profile_id = ANY(%(profiles)s)"
#: Everyone who ever stood under one id with a person asked about: their decisions may count.
KIN = """SELECT identity FROM place
    UNION SELECT b.identity_id FROM place p JOIN profiles_identity_history a ON a.identity_id = p.identity
          JOIN profiles_identity_history b ON b.profile = a.profile"""
FOLD_OF_ALL = FOLDED.format(place=EVERYONE, kin="SELECT identity FROM place")
FOLD_OF_THESE = FOLDED.format(place=THESE, kin=KIN)
ALWAYS = time.parameters() | {"position": 2**63 - 1}


def fold(profiles: Iterable[UUID] | None) -> set[UUID]:
    """Fold the records of `profiles` (None: of everyone) from the ledger; give the profiles whose records changed.

    Profiles that no longer exist lose their records. The caller holds the locks (`consents.state.locks`).
    """
    if profiles is None:
        folded, within = FOLD_OF_ALL, "TRUE"
    else:
        folded, within = FOLD_OF_THESE, "r.profile_id = ANY(%(profiles)s)"
    statement = _PUT.format(folded=folded, within=within)
    with folding():
        return {row[0] for row in rows(statement, ALWAYS | {"profiles": list(profiles or ())})}


@contextmanager
def folding():
    """Open the record for writing; closed again at once, so that nothing else in the transaction can write it."""
    execute("SELECT set_config('kendt.folding', 'on', true)")
    yield
    execute("SELECT set_config('kendt.folding', '', true)")


_CHANGED = """
SELECT c.profile_id AS profile, NULL::uuid AS object, array_agg('consent:' || p.key ORDER BY p.key) AS what
FROM changed c JOIN consents_purpose p ON p.id = c.purpose_id GROUP BY c.profile_id
"""
_VALUES = [column for column in COLUMNS if column != "id"]
_PUT = f"""
{{folded}},
gone AS (
    DELETE FROM consents_consentrecord r
    WHERE {{within}} AND NOT EXISTS (SELECT FROM folded f WHERE f.id = r.id) RETURNING profile_id, purpose_id),
put AS (
    INSERT INTO consents_consentrecord AS r ({", ".join(COLUMNS)}) SELECT {", ".join(COLUMNS)} FROM folded
    ON CONFLICT (id) DO UPDATE SET {", ".join(f"{column} = EXCLUDED.{column}" for column in _VALUES)}
    WHERE ({", ".join(f"r.{column}" for column in _VALUES)})
        IS DISTINCT FROM ({", ".join(f"EXCLUDED.{column}" for column in _VALUES)})
    RETURNING profile_id, purpose_id),
changed AS (SELECT * FROM gone UNION SELECT * FROM put)
{changes.insertion(kind=ChangeKind.CONSENT_CHANGED, rows=_CHANGED)}
RETURNING profile
"""
