"""What each operator needs besides its name, as inputs and back."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from django.utils import formats
from django.utils.translation import gettext as _

from cdp.base.numbers import Unreadable, notation
from segments.builder.widgets import COMPARISONS, PERIODS, Widget, choose, date, number, unit


def as_number(text: str):
    """A number as the language of the page writes it, or the other one where only that reads it.

    What is none stays as it is and is refused with its place.
    """
    own = formats.get_format("DECIMAL_SEPARATOR")
    for decimal in sorted(".,", key=lambda sign: sign != own):
        with suppress(Unreadable):
            found = notation(decimal).read(text)
            return int(found) if found == found.to_integral_value() else float(found)
    return text


def as_lines(text: str) -> list[str]:
    """One value a line, each once."""
    return list(dict.fromkeys(line.strip() for line in text.splitlines() if line.strip()))


@dataclass(frozen=True)
class Arguments:
    """widgets: a test -> its inputs. read: the inputs as posted -> keys of the test; empty ones are left out."""

    widgets: Callable[[dict], list[Widget]]
    read: Callable[[dict], dict]


def _kept(fields: dict, **readers) -> dict:
    return {name: read(fields[name]) for name, read in readers.items() if fields.get(name, "").strip()}


def _text_widgets(test):
    return [
        Widget("value", _("value"), value=test.get("value", "")),
        Widget("fold", _("ignore case and accents"), "checkbox", bool(test.get("fold"))),
    ]


def _read_text(fields):
    return _kept(fields, value=str) | ({"fold": True} if fields.get("fold") else {})


def _texts_widgets(test):
    return [Widget("value", _("values, one a line"), "texts", "\n".join(test.get("value", [])))]


def _pair(widget):
    return lambda test: [widget("from", _("from"), test.get("from")), widget("to", _("to"), test.get("to"))]


NONE = Arguments(lambda test: [], lambda fields: {})
TEXT = Arguments(_text_widgets, _read_text)
TEXTS = Arguments(_texts_widgets, lambda fields: _kept(fields, value=as_lines))
NUMBER = Arguments(
    lambda test: [number("value", _("value"), test.get("value"))], lambda fields: _kept(fields, value=as_number)
)
NUMBERS = Arguments(_pair(number), lambda fields: _kept(fields, **{"from": as_number, "to": as_number}))
DAY = Arguments(lambda test: [date("value", _("date"), test.get("value"))], lambda fields: _kept(fields, value=str))
DAYS = Arguments(_pair(date), lambda fields: _kept(fields, **{"from": str, "to": str}))
SPAN = Arguments(
    lambda test: [number("n", _("how many"), test.get("n")), unit(test.get("unit", "day"))],
    lambda fields: _kept(fields, n=as_number, unit=str),
)
AGES = Arguments(
    lambda test: [*_pair(number)(test), unit(test.get("unit", "year"))],
    lambda fields: _kept(fields, **{"from": as_number, "to": as_number, "unit": str}),
)
PERIOD = Arguments(
    lambda test: [choose("period", _("which"), test.get("period", "this"), PERIODS), unit(test.get("unit", "month"))],
    lambda fields: _kept(fields, period=str, unit=str),
)
ANNIVERSARY = Arguments(lambda test: [number("n", _("days"), test.get("n"))], lambda fields: _kept(fields, n=as_number))
COUNT = Arguments(
    lambda test: [
        choose("cmp", _("compared"), test.get("cmp", ">="), COMPARISONS),
        number("n", _("how many"), test.get("n")),
    ],
    lambda fields: _kept(fields, cmp=str, n=as_number),
)

BY_OPERATOR = {
    **dict.fromkeys(("is", "is_not", "contains", "not_contains", "starts", "not_starts", "ends", "not_ends"), TEXT),
    **dict.fromkeys(("in", "not_in", "has_any", "has_all", "has_none"), TEXTS),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">="), NUMBER),
    **dict.fromkeys(("on", "before", "after"), DAY),
    **dict.fromkeys(("in_last", "in_next", "more_than_ago"), SPAN),
    **dict.fromkeys(("anniversary_next", "anniversary_last"), ANNIVERSARY),
    "between_ago": AGES,
    "in_period": PERIOD,
    "count": COUNT,
}


def arguments(operator: str, kind: str) -> Arguments:
    """What `operator` needs on a value of this type."""
    if operator in {"between", "not_between"}:
        return DAYS if kind == "date" else NUMBERS
    return BY_OPERATOR.get(operator, NONE)
