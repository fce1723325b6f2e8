"""Tests of dates. "In the last n days" counts today; "n to m years ago" counts anniversaries that have come."""

from datetime import date, timedelta

from django.utils.translation import gettext_lazy as _

from segments.language import phrases
from segments.language.calendar import latest_turned, shift
from segments.language.operators.base import Operator, is_set

LEAP_DAY, EVE = 229, 228


def _compare(sign):
    return lambda column, test, _clock: (f"{column} {sign} %s", (date.fromisoformat(test["value"]),))


def _within(column, first, after):
    return f"{column} >= %s AND {column} < %s", (first, after)


def between(column, test, _clock):
    return f"{column} BETWEEN %s AND %s", (date.fromisoformat(test["from"]), date.fromisoformat(test["to"]))


def in_last(column, test, clock):
    start = shift(clock.today, -test["n"], test["unit"])
    return _within(column, start + timedelta(days=1), clock.today + timedelta(days=1))


def in_next(column, test, clock):
    return _within(column, clock.today, shift(clock.today, test["n"], test["unit"]))


def more_than_ago(column, test, clock):
    return f"{column} <= %s", (shift(clock.today, -test["n"], test["unit"]),)


def between_ago(column, test, clock):
    first = latest_turned(clock.today, test["to"], test["unit"])
    last = latest_turned(clock.today, test["from"], test["unit"])
    return f"{column} > %s AND {column} <= %s", (first, last)


def in_period(column, test, clock):
    return _within(column, *clock.period(test["period"], test["unit"]))


def _anniversary(step):
    def condition(column, test, clock):
        days = [clock.today + timedelta(days=step * count) for count in range(test["n"])]
        wanted = {day.month * 100 + day.day for day in days}
        if any(day.month * 100 + day.day == EVE and (day + timedelta(days=1)).day == 1 for day in days):
            wanted.add(LEAP_DAY)
        return f"extract(month from {column}) * 100 + extract(day from {column}) = ANY(%s)", (sorted(wanted),)

    return condition


def _day(test):
    return {"value": phrases.day(test["value"])}


def _ends(test):
    return {"from": phrases.day(test["from"]), "to": phrases.day(test["to"])}


def _span(test):
    return {"span": phrases.span(test["n"], test.get("unit", "day"))}


def _ages(test):
    return {"from": phrases.number(test["from"]), "to": phrases.span(test["to"], test["unit"])}


def _period(test):
    return {"period": phrases.period(test["period"], test["unit"])}


DATE = {
    "on": Operator(_compare("="), _("%(field)s is %(value)s"), _day),
    "before": Operator(_compare("<"), _("%(field)s is before %(value)s"), _day),
    "after": Operator(_compare(">"), _("%(field)s is after %(value)s"), _day),
    "between": Operator(between, _("%(field)s is from %(from)s to %(to)s"), _ends),
    "in_last": Operator(in_last, _("%(field)s is in the last %(span)s"), _span),
    "in_next": Operator(in_next, _("%(field)s is in the next %(span)s"), _span),
    "more_than_ago": Operator(more_than_ago, _("%(field)s is %(span)s ago or longer"), _span),
    "between_ago": Operator(between_ago, _("%(field)s is at least %(from)s and less than %(to)s ago"), _ages),
    "in_period": Operator(in_period, _("%(field)s is in %(period)s"), _period),
    "anniversary_next": Operator(_anniversary(1), _("%(field)s has its anniversary in the next %(span)s"), _span),
    "anniversary_last": Operator(_anniversary(-1), _("%(field)s had its anniversary in the last %(span)s"), _span),
    "is_set": Operator(is_set, _("%(field)s is known")),
    "is_not_set": Operator(is_set, _("%(field)s is not known"), negative=True),
}
