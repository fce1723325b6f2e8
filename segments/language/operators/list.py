"""Tests of lists of texts."""

from django.utils.translation import gettext_lazy as _

from segments.language import phrases
from segments.language.operators.base import Operator, is_set


def has_any(column, test, _clock):
    return f"{column} ?| %s", (test["value"],)


def has_all(column, test, _clock):
    return f"{column} ?& %s", (test["value"],)


def count(column, test, _clock):
    sign = "<>" if test["cmp"] == "!=" else test["cmp"]
    return f"jsonb_array_length({column}) {sign} %s", (test["n"],)


LIST = {
    "has_any": Operator(has_any, _("%(field)s hold %(value)s"), lambda test: {"value": phrases.either(test["value"])}),
    "has_all": Operator(
        has_all, _("%(field)s hold all of %(value)s"), lambda test: {"value": phrases.both(test["value"])}
    ),
    "has_none": Operator(
        has_any,
        _("%(field)s hold none of %(value)s, or are not known"),
        lambda test: {"value": phrases.either(test["value"])},
        negative=True,
    ),
    "count": Operator(
        count,
        _("%(field)s hold %(value)s items"),
        lambda test: {"value": phrases.compared(test["cmp"], test["n"])},
    ),
    "is_set": Operator(is_set, _("%(field)s are known")),
    "is_not_set": Operator(is_set, _("%(field)s are not known"), negative=True),
}
