"""Tests of yes or no. "no" is an answer; a missing answer is neither."""

from django.utils.translation import gettext_lazy as _

from segments.language.operators.base import Operator, is_set


def true(column, _test, _clock):
    return f"{column} = true", ()


def false(column, _test, _clock):
    return f"{column} = false", ()


BOOLEAN = {
    "true": Operator(true, _("%(field)s is yes")),
    "false": Operator(false, _("%(field)s is no")),
    "is_set": Operator(is_set, _("%(field)s is known")),
    "is_not_set": Operator(is_set, _("%(field)s is not known"), negative=True),
}
