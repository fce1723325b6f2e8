"""Fields of a line: what they are called, which kind of input they need, what may be chosen."""

from contextlib import suppress
from dataclasses import dataclass, field

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.numbers import Unreadable
from segments.language import phrases

Choices = list[tuple[str, str]]

OPERATORS = {
    "is": gettext_lazy("is"),
    "is_not": gettext_lazy("is not"),
    "in": gettext_lazy("is one of"),
    "not_in": gettext_lazy("is none of"),
    "contains": gettext_lazy("contains"),
    "not_contains": gettext_lazy("does not contain"),
    "starts": gettext_lazy("begins with"),
    "not_starts": gettext_lazy("does not begin with"),
    "ends": gettext_lazy("ends with"),
    "not_ends": gettext_lazy("does not end with"),
    "is_set": gettext_lazy("is known"),
    "is_not_set": gettext_lazy("is not known"),
    "=": gettext_lazy("is exactly"),
    "!=": gettext_lazy("is not exactly"),
    "<": gettext_lazy("is less than"),
    "<=": gettext_lazy("is at most"),
    ">": gettext_lazy("is more than"),
    ">=": gettext_lazy("is at least"),
    "between": gettext_lazy("is from … to …"),
    "not_between": gettext_lazy("is not from … to …"),
    "true": gettext_lazy("is yes"),
    "false": gettext_lazy("is no"),
    "on": gettext_lazy("is on"),
    "before": gettext_lazy("is before"),
    "after": gettext_lazy("is after"),
    "in_last": gettext_lazy("is in the last …"),
    "in_next": gettext_lazy("is in the next …"),
    "more_than_ago": gettext_lazy("is … ago or longer"),
    "between_ago": gettext_lazy("is between … and … ago"),
    "in_period": gettext_lazy("is in the period"),
    "anniversary_next": gettext_lazy("has its anniversary in the next … days"),
    "anniversary_last": gettext_lazy("had its anniversary in the last … days"),
    "has_any": gettext_lazy("hold any of"),
    "has_all": gettext_lazy("hold all of"),
    "has_none": gettext_lazy("hold none of"),
    "count": gettext_lazy("count"),
}
COMPARISONS = {
    ">=": gettext_lazy("at least"),
    ">": gettext_lazy("more than"),
    "=": gettext_lazy("exactly"),
    "!=": gettext_lazy("not exactly"),
    "<=": gettext_lazy("at most"),
    "<": gettext_lazy("less than"),
}
UNITS = {
    "hour": gettext_lazy("hours"),
    "day": gettext_lazy("days"),
    "week": gettext_lazy("weeks"),
    "month": gettext_lazy("months"),
    "quarter": gettext_lazy("quarters"),
    "year": gettext_lazy("years"),
}
PERIODS = {"this": gettext_lazy("this"), "last": gettext_lazy("last"), "next": gettext_lazy("next")}


@dataclass(frozen=True)
class Widget:
    """One input. kind: select, text, number, date, texts (one a line), checkbox. shapes: a change alters the line."""

    name: str
    label: str
    kind: str = "text"
    value: object = ""
    choices: Choices = field(default_factory=list)
    suggestions: str = ""
    shapes: bool = False


def choose(name, label, value, choices: dict | Choices, *, shapes=False, only=None) -> Widget:
    """A select; `only` narrows the choices to those keys."""
    pairs = list(choices.items()) if isinstance(choices, dict) else choices
    kept = [(key, title) for key, title in pairs if only is None or key in only]
    return Widget(name, label, "select", value, kept, shapes=shapes)


def unit(value, *, hours=False) -> Widget:
    return choose("unit", _("unit"), value, UNITS, only=None if hours else set(UNITS) - {"hour"})


def number(name, label, value) -> Widget:
    """A number as the language of the page writes it; what is none as it is."""
    with suppress(Unreadable):
        value = phrases.number(value)
    return Widget(name, label, "number", "" if value is None else value)


def date(name, label, value) -> Widget:
    return Widget(name, label, "date", "" if value is None else value)
