"""`{"consent": purpose, "channel": ..., "is": "given" | "withdrawn" | "refused" | "asked" | not_...}`.

A rule may ask what people answered; whether they may be contacted is asked at the exit, by
`consents.permission.decision`.
"""

from django.utils.translation import gettext as _

from cdp.base.database import sql
from consents.models import VALID_STATES, Channel, State
from consents.state.fold import ran_out, state_at
from segments.language.nodes.base import Node
from segments.language.sets import PeopleSet

STATES = {
    "given": [*VALID_STATES],
    "withdrawn": [State.WITHDRAWN],
    "refused": [State.REFUSED],
    "asked": [State.REQUESTED, State.DEFERRED],
}


class ConsentNode(Node):
    key = "consent"

    def check(self, catalogue):
        if self.body["consent"] not in catalogue.purposes:
            detail = _("There is no purpose “%(key)s”.") % {"key": self.body["consent"]}
            yield self.problem("consent", "unknown_purpose", detail)

    def people(self, frame):
        state = self.body["is"].removeprefix("not_")
        narrowed, only = frame.narrowed("c.profile_id")
        purpose = frame.catalogue.purposes[self.body["consent"]].pk
        now = frame.clock.as_of
        return PeopleSet(
            "SELECT c.profile_id FROM consents_consentrecord c WHERE c.purpose_id = %s AND c.channel = %s"
            f" AND c.state = ANY(%s) AND c.effective_at <= %s AND NOT {ran_out('c', '%s')}{narrowed}",
            (purpose, self.body["channel"], [str(one) for one in STATES[state]], now, now, *only),
            rest=self.body["is"].startswith("not_"),
        )

    def clause(self, catalogue):
        purpose = catalogue.purposes.get(self.body["consent"])
        return {
            "given": _("who have given consent to %(purpose)s (%(channel)s)"),
            "not_given": _("who have no standing consent to %(purpose)s (%(channel)s)"),
            "withdrawn": _("who have withdrawn consent to %(purpose)s (%(channel)s)"),
            "not_withdrawn": _("who have not withdrawn consent to %(purpose)s (%(channel)s)"),
            "refused": _("who have refused consent to %(purpose)s (%(channel)s)"),
            "not_refused": _("who have not refused consent to %(purpose)s (%(channel)s)"),
            "asked": _("who were asked for consent to %(purpose)s (%(channel)s) and have not answered"),
            "not_asked": _("who are not waiting to answer about consent to %(purpose)s (%(channel)s)"),
        }[self.body["is"]] % {
            "purpose": purpose.title if purpose else self.body["consent"],
            "channel": Channel(self.body["channel"]).label,
        }

    def explain(self, profile, frame):
        now = frame.clock.as_of
        evidence = sql.dicts(
            f"""SELECT {state_at("c", "%s")} AS state, c.effective_at, c.validity_until, s.code AS source,
                   c.ledger_position
            FROM consents_consentrecord c
            JOIN consents_historicalconsentrecord e ON e.history_id = c.ledger_position
            JOIN profiles_source s ON s.id = e.source_id
            WHERE c.profile_id = %s AND c.purpose_id = %s AND c.channel = %s AND c.effective_at <= %s
            ORDER BY c.effective_at DESC""",
            (now, profile, frame.catalogue.purposes[self.body["consent"]].pk, self.body["channel"], now),
        )
        return {"value": evidence[0]["state"] if evidence else None, "evidence": evidence}
