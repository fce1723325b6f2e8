"""`{"attr": code, "is": operator, ...}`: a test of the golden value of an attribute."""

import json
from datetime import date

from django.utils.translation import gettext as _

from cdp.base.database import sql
from profiles.models.reference import Classification
from segments.language.calendar import LONGEST, too_long
from segments.language.nodes.base import Node
from segments.language.operators import BY_TYPE
from segments.language.sets import PeopleSet

#: Column of GoldenValue by type of attribute.
COLUMNS = {"text": "g.text", "number": "g.number", "date": "g.date", "boolean": "g.boolean", "list": "g.items"}


class AttrNode(Node):
    key = "attr"

    def check(self, catalogue):
        attribute = catalogue.attributes.get(self.body["attr"])
        if attribute is None:
            detail = _("There is no attribute “%(code)s”.") % {"code": self.body["attr"]}
            yield self.problem("attr", "unknown_attribute", detail)
        elif attribute.sealed:
            yield self.problem("attr", "sealed_attribute", self._refusal(attribute))
        elif self.body["is"] not in BY_TYPE[attribute.type]:
            detail = _("“%(is)s” is not a test of a value of the type %(type)s.") % {
                "is": self.body["is"],
                "type": attribute.get_type_display(),
            }
            yield self.problem("is", "operator_does_not_fit", detail)
        else:
            yield from self._check_ends(attribute)

    @staticmethod
    def _refusal(attribute):
        if attribute.classification == Classification.SPECIAL:
            detail = _("“%(code)s” is a special category of personal data; no segment may use it.")
        else:
            detail = _("“%(code)s” is sealed; segments use open values only.")
        return detail % {"code": attribute.code}

    def _check_ends(self, attribute):
        """Dates must exist, and the ends of `between` must be of the attribute's type and in order."""
        places = [place for place in ("value", "from", "to") if place in self.body]
        if attribute.type == "date" and self.body["is"] in {"on", "before", "after", "between"}:
            wrong = [place for place in places if not _is_day(self.body[place])]
        elif self.body["is"] in {"between", "not_between"}:
            wrong = [place for place in places if not isinstance(self.body[place], (int, float))]
        else:
            wrong = []
        for place in wrong:
            yield self.problem(place, "wrong_type", _("Give a value of the attribute's type; a date as YYYY-MM-DD."))
        for place in ("n", "to"):
            if "unit" in self.body and too_long(self.body.get(place, 0), self.body["unit"]):
                yield self.problem(place, "too_long", _("Look back at most %(years)s years.") % LONGEST)
        if not wrong and "from" in self.body and self.body["from"] > self.body["to"]:
            yield self.problem("to", "ends_before_start", _("The second value must not lie before the first."))

    def _operator(self, frame):
        attribute = frame.catalogue.attributes[self.body["attr"]]
        return attribute, BY_TYPE[attribute.type][self.body["is"]]

    def people(self, frame):
        attribute, operator = self._operator(frame)
        condition, params = operator.positive(COLUMNS[attribute.type], self.body, frame.clock)
        narrowed, only = frame.narrowed("g.profile_id")
        statement = (
            f"SELECT g.profile_id FROM profiles_goldenvalue g WHERE g.attribute_id = %s AND {condition}{narrowed}"
        )
        return PeopleSet(statement, (attribute.pk, *params, *only), rest=operator.negative)

    def clause(self, catalogue):
        attribute = catalogue.attributes.get(self.body["attr"])
        if attribute is None:
            return _("whose %(test)s") % {"test": f"{self.body['attr']} ?"}
        operator = BY_TYPE[attribute.type][self.body["is"]]
        return _("whose %(test)s") % {"test": operator.say(_(attribute.title).lower(), self.body)}

    def explain(self, profile, frame):
        attribute, _operator = self._operator(frame)
        found = sql.dicts(
            f"""SELECT {COLUMNS[attribute.type]} AS value, s.code AS source, g.party, r.observed_at, r.id AS record
            FROM profiles_goldenvalue g JOIN profiles_record r ON r.id = g.record_id
            JOIN profiles_source s ON s.id = r.source_id
            WHERE g.profile_id = %s AND g.attribute_id = %s""",
            (profile, attribute.pk),
        )
        value = found[0].pop("value") if found else None
        return {"value": json.loads(value) if attribute.type == "list" and value else value, "evidence": found}


def _is_day(text) -> bool:
    try:
        return bool(date.fromisoformat(text))
    except (TypeError, ValueError):
        return False
