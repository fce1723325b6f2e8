"""When people are joined or taken apart, their consents are folded anew, and what they disagree on is shown."""

from hashlib import sha256
from uuid import UUID

from django.utils.translation import gettext_noop as _

from cdp.base.database.sql import execute, rows
from consents.state.fold import GRANTS, NOES, fold, listed
from profiles import changes
from profiles.changes import ChangeKind
from profiles.identity import review_queue

TAKEN_APART = _("While they stood as one person, they answered for the whole. Look at for whom that answer counts now.")
CONFLICT = _("Two records of this person said yes and no to the same purpose. Look at which of them stands.")
#: Of each pair of profiles between which somebody moved, both, where one has overrides now.
OVERRIDDEN = """
SELECT side.profile, NULL::uuid AS object, array_agg(DISTINCT o.what ORDER BY o.what) AS what
FROM unnest(%(olds)s::uuid[], %(news)s::uuid[]) AS flow(old, new)
JOIN overrides o ON o.profile_id IN (flow.old, flow.new)
CROSS JOIN LATERAL (VALUES (flow.old), (flow.new)) AS side(profile) GROUP BY side.profile
"""


def follow(*, moved: dict[UUID, tuple[UUID, UUID]], **_others) -> None:
    """Follows each fold (`profiles.changes.after_fold`): nobody else writes consents of these people while it runs."""
    if not moved:
        return
    flows = {(old, new) for old, new in moved.values()} | {(new, new) for _old, new in moved.values()}
    review_queue.ask("consent_conflict", CONFLICT, _marked(_disagreements(flows)))
    review_queue.ask("consent_split", TAKEN_APART, _marked(_answers_for_the_whole(moved)))
    touched = {profile for flow in flows for profile in flow}
    fold(touched)
    _tell_of_overrides(flows)


def _disagreements(flows: set[tuple[UUID, UUID]]) -> list[tuple]:
    """Choices on which the records that now come together differ: (profile, ledger entries), before they are folded."""
    return rows(
        f"""
        SELECT f.new, array_agg(DISTINCT r.ledger_position ORDER BY r.ledger_position)
        FROM unnest(%s::uuid[], %s::uuid[]) AS f(old, new)
        JOIN consents_consentrecord r ON r.profile_id = f.old
        GROUP BY f.new, r.purpose_id, r.channel, r.controller_id, r.contact_ref
        HAVING bool_or(r.state IN ({listed(GRANTS)})) AND bool_or(r.state IN ({listed(NOES)}))
        """,
        list(map(list, zip(*flows, strict=True))),
    )


def _answers_for_the_whole(moved: dict[UUID, tuple[UUID, UUID]]) -> list[tuple]:
    """Answers of a profile that is taken apart, given for all of it and not for one address or by one record."""
    identities, old = list(moved), [old for old, _new in moved.values()]
    return rows(
        """
        SELECT DISTINCT r.profile_id, ARRAY[r.ledger_position]
        FROM unnest(%s::uuid[], %s::uuid[]) AS m(identity, old)
        JOIN consents_consentrecord r ON r.profile_id = m.old AND r.contact_ref IS NULL
        JOIN consents_historicalconsentrecord e ON e.history_id = r.ledger_position AND e.record IS NULL
        JOIN profiles_identity_history a ON a.identity_id = m.identity AND a.profile = m.old
             AND a.valid_from <= r.recorded_at AND r.recorded_at < a.valid_to
        WHERE EXISTS (SELECT FROM profiles_sourceidentity s WHERE s.profile_id = m.old)
        """,
        [identities, old],
    )


def _marked(about: list[tuple[UUID, list[int]]]) -> dict[str, UUID]:
    """{what tells a question from the others: its person}: a digest of its entries, of which there may be many."""
    return {sha256("-".join(map(str, entries)).encode()).hexdigest(): profile for profile, entries in about}


def _tell_of_overrides(flows: set[tuple[UUID, UUID]]) -> None:
    """Objections and restrictions bind the person who stands there: whoever gains or loses one has another answer."""
    execute(
        f"""
        WITH overrides AS (
            SELECT s.profile_id, 'objection' || coalesce(':' || p.key, '') AS what
            FROM profiles_sourceidentity s JOIN consents_objection o ON o.identity_ref = s.id
            LEFT JOIN consents_purpose p ON p.id = o.purpose_id WHERE s.profile_id = ANY(%(profiles)s)
            UNION ALL
            SELECT s.profile_id, 'restriction' FROM profiles_sourceidentity s
            JOIN consents_restriction r ON r.identity_ref = s.id WHERE s.profile_id = ANY(%(profiles)s)
        )
        {changes.insertion(kind=ChangeKind.CONSENT_CHANGED, rows=OVERRIDDEN)}
        """,
        {
            "profiles": [profile for flow in flows for profile in flow],
            "olds": [old for old, _new in flows],
            "news": [new for _old, new in flows],
        },
    )
