"""Tests of numbers; `between` includes both ends."""

from django.utils.translation import gettext_lazy as _

from cdp.base.numbers import canonical
from segments.language import phrases
from segments.language.operators.base import Operator, is_set


def _compare(sign):
    return lambda column, test, _clock: (f"{column} {sign} %s", (canonical(test["value"]),))


def between(column, test, _clock):
    return f"{column} BETWEEN %s AND %s", (canonical(test["from"]), canonical(test["to"]))


def _one(test):
    return {"value": phrases.number(test["value"])}


def _ends(test):
    return {"from": phrases.number(test["from"]), "to": phrases.number(test["to"])}


NUMBER = {
    "=": Operator(_compare("="), _("%(field)s is exactly %(value)s"), _one),
    "!=": Operator(_compare("="), _("%(field)s is not exactly %(value)s, or not known"), _one, negative=True),
    "<": Operator(_compare("<"), _("%(field)s is less than %(value)s"), _one),
    "<=": Operator(_compare("<="), _("%(field)s is at most %(value)s"), _one),
    ">": Operator(_compare(">"), _("%(field)s is more than %(value)s"), _one),
    ">=": Operator(_compare(">="), _("%(field)s is at least %(value)s"), _one),
    "between": Operator(between, _("%(field)s is from %(from)s to %(to)s"), _ends),
    "not_between": Operator(between, _("%(field)s is not from %(from)s to %(to)s, or not known"), _ends, negative=True),
    "is_set": Operator(is_set, _("%(field)s is known")),
    "is_not_set": Operator(is_set, _("%(field)s is not known"), negative=True),
}
