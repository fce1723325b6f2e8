"""How values are said in a sentence: quoted, counted, dated; so exactly that two values never sound alike."""

from datetime import date

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.base.numbers import canonical


def quoted(text: str) -> str:
    return "“" + text.replace("”", "””") + "”"


def either(texts: list[str]) -> str:
    """“a”, “b” or “c”."""
    return _listed(texts, _("%(some)s or %(last)s"))


def both(texts: list[str]) -> str:
    """“a”, “b” and “c”."""
    return _listed(texts, _("%(some)s and %(last)s"))


def _listed(texts, pattern):
    *some, last = [quoted(text) for text in texts]
    return pattern % {"some": ", ".join(some), "last": last} if some else last


def number(value) -> str:
    """A number as the language of the reader writes it, without trailing zeros."""
    plain = canonical(value)
    plain = plain.quantize(1) if plain == plain.to_integral_value() else plain.normalize()
    return formats.localize(plain, use_l10n=True)


def day(value: date | str) -> str:
    # Translators: how a day is written in a sentence, in the letters of the template filter `date`.
    shape = _("j F Y")
    return formats.date_format(date.fromisoformat(value) if isinstance(value, str) else value, shape)


def span(count: int, unit: str) -> str:
    """`3 months`."""
    return {
        "hour": ngettext("%(n)s hour", "%(n)s hours", count),
        "day": ngettext("%(n)s day", "%(n)s days", count),
        "week": ngettext("%(n)s week", "%(n)s weeks", count),
        "month": ngettext("%(n)s month", "%(n)s months", count),
        "quarter": ngettext("%(n)s quarter", "%(n)s quarters", count),
        "year": ngettext("%(n)s year", "%(n)s years", count),
    }[unit] % {"n": number(count)}


def period(which: str, unit: str) -> str:
    """`this month`, `last ISO week`, `next year`."""
    return {
        ("this", "day"): _("today"),
        ("last", "day"): _("yesterday"),
        ("next", "day"): _("tomorrow"),
        ("this", "week"): _("this ISO week"),
        ("last", "week"): _("last ISO week"),
        ("next", "week"): _("next ISO week"),
        ("this", "month"): _("this month"),
        ("last", "month"): _("last month"),
        ("next", "month"): _("next month"),
        ("this", "quarter"): _("this quarter"),
        ("last", "quarter"): _("last quarter"),
        ("next", "quarter"): _("next quarter"),
        ("this", "year"): _("this year"),
        ("last", "year"): _("last year"),
        ("next", "year"): _("next year"),
    }[which, unit]


def compared(cmp: str, value) -> str:
    """`at least 3`, `less than 100`."""
    return {
        "=": _("exactly %(value)s"),
        "!=": _("not exactly %(value)s"),
        "<": _("less than %(value)s"),
        "<=": _("at most %(value)s"),
        ">": _("more than %(value)s"),
        ">=": _("at least %(value)s"),
    }[cmp] % {"value": number(value)}


def instant(text: str) -> str:
    """An ISO date, or date-time with its offset if it has one."""
    written, _sign, time = text.partition("T")
    return f"{day(written)} {time}" if time else day(written)
