"""`{"identifier": namespace, "is": "has" | "has_not" | "verified" | "not_verified"}`."""

from django.utils.translation import gettext as _

from cdp.base.database import sql
from profiles.values.standing_facts import STANDING_IDENTIFIERS
from segments.language.nodes.base import Node
from segments.language.sets import PeopleSet

#: Verified is what stands: an earlier, replaced address counts no more.
VERIFIED = {"verified", "not_verified"}


class IdentifierNode(Node):
    key = "identifier"

    def check(self, catalogue):
        if self.body["identifier"] not in catalogue.namespaces:
            detail = _("There is no kind of identifier “%(code)s”.") % {"code": self.body["identifier"]}
            yield self.problem("identifier", "unknown_namespace", detail)

    def people(self, frame):
        narrowed, only = frame.narrowed("s.profile_id")
        held = "SELECT i.identity_id, i.verified FROM profiles_identifier i WHERE i.namespace_id = %s"
        if self.body["is"] in VERIFIED:
            held = f"SELECT * FROM ({STANDING_IDENTIFIERS.format(only='i.namespace_id = %s')}) v WHERE v.verified"
        return PeopleSet(
            f"SELECT s.profile_id FROM ({held}) i JOIN profiles_sourceidentity s ON s.id = i.identity_id"
            f" WHERE true{narrowed}",
            (frame.catalogue.namespaces[self.body["identifier"]].pk, *only),
            rest=self.body["is"] in {"has_not", "not_verified"},
        )

    def clause(self, catalogue):
        namespace = catalogue.namespaces.get(self.body["identifier"])
        title = _(namespace.title).lower() if namespace else self.body["identifier"]
        return {
            "has": _("who have the identifier %(title)s"),
            "has_not": _("who do not have the identifier %(title)s"),
            "verified": _("who have the identifier %(title)s, verified"),
            "not_verified": _("who do not have the identifier %(title)s, verified"),
        }[self.body["is"]] % {"title": title}

    def explain(self, profile, frame):
        evidence = sql.dicts(
            """SELECT c.code AS source, r.party, i.verified, i.observed_at, r.id AS record
            FROM profiles_identifier i JOIN profiles_sourceidentity s ON s.id = i.identity_id
            JOIN profiles_record r ON r.id = i.record_id JOIN profiles_source c ON c.id = r.source_id
            WHERE s.profile_id = %s AND i.namespace_id = %s ORDER BY i.observed_at DESC LIMIT 20""",
            (profile, frame.catalogue.namespaces[self.body["identifier"]].pk),
        )
        return {"value": len(evidence), "evidence": evidence}
