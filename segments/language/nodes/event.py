"""`{"event": name, "where": [...], "window": {...}, "count" | "distinct" | "days" | "sum" | ...: {...}}`."""

from dataclasses import replace
from datetime import UTC, datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.base.database import sql
from cdp.base.numbers import canonical
from segments.language import phrases
from segments.language.calendar import ELAPSED, LONGEST, Clock, too_long
from segments.language.nodes.base import Node
from segments.language.operators import BY_TYPE, row_condition
from segments.language.sets import PeopleSet
from segments.language.vocabulary import EVENT_COLUMNS, MONEY

#: Aggregates whose value over no events is 0; the value of the others is then missing.
ZERO_OVER_NOTHING = {"count", "days", "distinct", "sum"}
AGGREGATES = ("count", "days", "distinct", "sum", "avg", "min", "max")
OPPOSITE = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
HOLDS_FOR_ZERO = {
    "=": lambda n: n == 0,
    "!=": lambda n: n != 0,
    "<": lambda n: n > 0,
    "<=": lambda n: n >= 0,
    ">": lambda n: n < 0,
    ">=": lambda n: n <= 0,
}


class EventNode(Node):
    key = "event"

    @property
    def aggregate(self) -> tuple[str, dict]:
        kind = next((kind for kind in AGGREGATES if kind in self.body), "count")
        return kind, self.body.get(kind, {"cmp": ">=", "n": 1})

    def check(self, catalogue):
        if sum(kind in self.body for kind in AGGREGATES) > 1:
            yield self.problem("", "one_aggregate", _("Count, sum or compare one thing at a time."))
        for place, test in enumerate(self.body.get("where", [])):
            yield from self._check_test(f"where/{place}", test, catalogue)
        yield from self._check_aggregate()
        yield from self._check_window()

    def _check_test(self, place, test, catalogue):
        if test["is"] not in BY_TYPE[_type_of(test)]:
            detail = _("“%(is)s” is not a test of the property “%(prop)s”.") % test
            yield self.problem(f"{place}/is", "operator_does_not_fit", detail)
        if "from" in test and not all(isinstance(test[end], (int, float)) for end in ("from", "to")):
            yield self.problem(f"{place}/from", "wrong_type", _("Give two numbers."))
        if test["prop"] == "source" and test["is"] == "is" and test["value"] not in catalogue.sources:
            detail = _("There is no source “%(code)s”.") % {"code": test["value"]}
            yield self.problem(f"{place}/value", "unknown_source", detail)

    def _check_aggregate(self):
        kind, wanted = self.aggregate
        if "value" in wanted and EVENT_COLUMNS.get(wanted["of"], "number") != "number":
            yield self.problem(f"{kind}/of", "not_a_number", _("“%(of)s” is not a number.") % wanted)
        if "value" in wanted and wanted["of"] in MONEY and "currency" not in wanted:
            yield self.problem(kind, "currency_needed", _("Money is summed and compared in one currency: name it."))

    def _check_window(self):
        window = self.body.get("window", {})
        if "from_ago" in window and window["from_ago"] <= window["to_ago"]:
            yield self.problem("window/to_ago", "ends_before_start", _("The window must begin before it ends."))
        for end in ("last", "from_ago"):
            if end in window and too_long(window[end], window["unit"]):
                yield self.problem(f"window/{end}", "too_long", _("Look back at most %(years)s years.") % LONGEST)
        if "from" in window:
            yield from self._check_moments(window)

    def _check_moments(self, window):
        wrong = [end for end in ("from", "to") if not _is_moment(window[end])]
        for end in wrong:
            yield self.problem(f"window/{end}", "not_a_moment", _("This moment does not exist; write YYYY-MM-DD."))
        utc = Clock(datetime.now(UTC), UTC)
        if not wrong and utc.instant(window["from"]) >= utc.instant(window["to"]):
            yield self.problem("window/to", "ends_before_start", _("The window must begin before it ends."))

    def people(self, frame):
        rows, params = self._rows(frame)
        kind, wanted = self.aggregate
        cmp, goal = wanted["cmp"], canonical(wanted.get("value", wanted.get("n")))
        rest = HOLDS_FOR_ZERO[cmp](goal) if kind in ZERO_OVER_NOTHING else cmp == "!="
        if rest:
            cmp = OPPOSITE[cmp]
        if kind == "count" and (cmp, goal) in {(">=", 1), (">", 0), ("!=", 0)}:
            return PeopleSet(f"SELECT e.profile_id {rows}", params, rest)
        measured, more = self._measure(kind, wanted, frame)
        sign = "<>" if cmp == "!=" else cmp
        grouped = f"SELECT e.profile_id {rows} GROUP BY e.profile_id HAVING {measured} {sign} %s"
        return PeopleSet(grouped, (*params, *more, goal), rest)

    def _rows(self, frame):
        """FROM and WHERE of the events that are counted."""
        start, end = frame.clock.window(self.body.get("window"))
        named, params = _named(frame.catalogue.event_numbers(self.body["event"]))
        conditions = [named, "e.profile_id IS NOT NULL", "e.occurred_at < %s"]
        params.append(end)
        if start:
            conditions.append("e.occurred_at >= %s")
            params.append(start)
        currency = self.aggregate[1].get("currency")
        tests = [*self.body.get("where", [])] + (
            [{"prop": "currency", "is": "is", "value": currency}] if currency else []
        )
        for test in tests:
            kind = _type_of(test)
            condition, values = row_condition(BY_TYPE[kind][test["is"]], _column(test["prop"], kind), test, frame.clock)
            conditions.append(condition)
            params += values
        narrowed, only = frame.narrowed("e.profile_id")
        return f"FROM profiles_event e WHERE {' AND '.join(conditions)}{narrowed}", (*params, *only)

    @staticmethod
    def _measure(kind, wanted, frame):
        if kind == "count":
            return "count(*)", ()
        if kind == "days":
            return "count(DISTINCT (e.occurred_at AT TIME ZONE %s)::date)", (frame.clock.zone.key,)
        if kind == "distinct":
            return f"count(DISTINCT {_column(wanted['of'], EVENT_COLUMNS.get(wanted['of'], 'text'))})", ()
        measured = f"{kind}({_column(wanted['of'], 'number')})"
        return (f"coalesce({measured}, 0)" if kind == "sum" else measured), ()

    def clause(self, catalogue):
        kind, wanted = self.aggregate
        if (kind, wanted.get("cmp"), wanted.get("n")) == ("count", "=", 0):
            return _("who did not do %(event)s%(where)s%(window)s") % self._said(count="")
        if "count" not in self.body and kind == "count":
            return _("who did %(event)s%(where)s%(window)s") % self._said(count="")
        return _("who did %(event)s%(where)s %(count)s%(window)s") % self._said(count=self._say_aggregate())

    def _said(self, *, count):
        tests = [
            BY_TYPE[_type_of(test)][test["is"]].say(_property_title(test["prop"]), test)
            for test in self.body.get("where", [])
        ]
        return {
            "event": phrases.quoted(self.body["event"]),
            "where": f" ({'; '.join(tests)})" if tests else "",
            "count": count,
            "window": self._say_window(),
        }

    def _say_aggregate(self):
        kind, wanted = self.aggregate
        said = phrases.compared(wanted["cmp"], wanted.get("value", wanted.get("n")))
        names = {"goal": said, "of": _property_title(wanted.get("of", "")), "currency": wanted.get("currency", "")}
        times = ngettext("%(goal)s time", "%(goal)s times", wanted["n"]) if kind == "count" else ""
        sentence = {
            "count": times,
            "days": _("on %(goal)s different days"),
            "distinct": _("with %(goal)s different values of %(of)s"),
            "sum": _("with a total %(of)s of %(goal)s %(currency)s"),
            "avg": _("with a mean %(of)s of %(goal)s %(currency)s"),
            "min": _("with a lowest %(of)s of %(goal)s %(currency)s"),
            "max": _("with a highest %(of)s of %(goal)s %(currency)s"),
        }[kind]
        return (sentence % names).strip()

    def _say_window(self):
        window = self.body.get("window")
        if not window:
            return ""
        if "last" in window:
            return " " + _("in the last %(span)s") % {"span": phrases.span(window["last"], window["unit"])}
        if "from_ago" in window:
            return " " + _("between %(from)s and %(to)s ago") % {
                "from": phrases.span(window["from_ago"], window["unit"]),
                "to": phrases.span(window["to_ago"], window["unit"]),
            }
        if "period" in window:
            return " " + _("in %(period)s") % {"period": phrases.period(window["period"], window["unit"])}
        return " " + _("from %(from)s until before %(to)s") % {
            "from": phrases.instant(window["from"]),
            "to": phrases.instant(window["to"]),
        }

    def explain(self, profile, frame):
        narrow = replace(frame, only=(profile,))
        rows, params = self._rows(narrow)
        kind, wanted = self.aggregate
        measured, more = self._measure(kind, wanted, narrow)
        evidence = sql.dicts(
            f"""SELECT x.id AS event, n.name, x.occurred_at, s.code AS source, s.party, x.order_id, x.amount, x.currency
            FROM (SELECT e.* {rows} ORDER BY e.occurred_at DESC LIMIT 20) x
            JOIN profiles_source s ON s.id = x.source_id
            JOIN profiles_eventname n ON n.id = x.name_id ORDER BY x.occurred_at DESC""",
            params,
        )
        value = sql.value(f"SELECT {measured} {rows}", (*more, *params))
        return {"value": value, "evidence": evidence} | self._changes(evidence)

    def _changes(self, evidence: list[dict]) -> dict:
        """When the count falls below its goal as events grow old, if nothing new happens."""
        kind, wanted = self.aggregate
        window = self.body.get("window", {})
        needed = wanted.get("n", 0) + (wanted["cmp"] == ">")
        told = kind == "count" and wanted["cmp"] in {">=", ">"} and window.get("unit") in ELAPSED and "last" in window
        if not told or not 0 < needed <= len(evidence):
            return {}
        return {"changes_at": evidence[needed - 1]["occurred_at"] + window["last"] * ELAPSED[window["unit"]]}


def _is_moment(text: str) -> bool:
    try:
        return bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _named(numbers: list[int]) -> tuple[str, list[int]]:
    """The condition that an event has one of these names; what nobody was ever told of, nobody did."""
    if not numbers:
        return "FALSE", []
    return f"e.name_id IN ({', '.join(['%s'] * len(numbers))})", list(numbers)


def _type_of(test: dict) -> str:
    """The type a property is read as: that of its column, else the one that its operator tests."""
    if test["prop"] in EVENT_COLUMNS:
        return EVENT_COLUMNS[test["prop"]]
    return next((kind for kind in ("text", "number", "boolean") if test["is"] in BY_TYPE[kind]), "text")


def _column(prop: str, kind: str) -> str:
    if prop == "source":
        return "(SELECT s.code FROM profiles_source s WHERE s.id = e.source_id)"
    if prop == "type":
        return "(SELECT n.type FROM profiles_eventname n WHERE n.id = e.name_id)"
    if prop in EVENT_COLUMNS:
        return f"e.{prop}"
    name = "'" + prop.replace("'", "''").replace("%", "%%") + "'"
    if kind == "text":
        return f"(e.properties ->> {name})"
    cast = "numeric" if kind == "number" else kind
    return f"(CASE WHEN jsonb_typeof(e.properties -> {name}) = '{kind}' THEN (e.properties ->> {name})::{cast} END)"


def _property_title(prop: str) -> str:
    return {
        "category": _("category"),
        "order_id": _("order"),
        "product_id": _("product"),
        "quantity": _("quantity"),
        "price": _("price"),
        "amount": _("amount"),
        "currency": _("currency"),
        "type": _("type"),
        "source": _("source"),
        "": "",
    }.get(prop) or phrases.quoted(prop)
