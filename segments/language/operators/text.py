"""Tests of text. `fold` ignores case and accents; Danish and Swedish letters stay letters of their own."""

from django.utils.translation import gettext_lazy as _

from segments.language import phrases
from segments.language.operators.base import Operator, is_set

ACCENTED, PLAIN = "áàâãéèêëíìîïóòôõúùûüýÿñç", "aaaaeeeeiiiioooouuuuyync"


def fold(text: str) -> str:
    """As the database folds: small letters, without accents."""
    return text.lower().translate(str.maketrans(ACCENTED, PLAIN))


def _sides(column, test):
    if not test.get("fold"):
        return column, lambda text: text
    return f"translate(lower({column}), '{ACCENTED}', '{PLAIN}')", fold


def equal(column, test, _clock):
    left, made = _sides(column, test)
    return f"{left} = %s", (made(test["value"]),)


def among(column, test, _clock):
    left, made = _sides(column, test)
    return f"{left} = ANY(%s)", ([made(value) for value in test["value"]],)


def contains(column, test, _clock):
    left, made = _sides(column, test)
    return f"position(%s in {left}) > 0", (made(test["value"]),)


def starts(column, test, _clock):
    left, made = _sides(column, test)
    return f"starts_with({left}, %s)", (made(test["value"]),)


def ends(column, test, _clock):
    left, made = _sides(column, test)
    value = made(test["value"])
    return f"right({left}, %s) = %s", (len(value), value)


def _one(test):
    return {"value": phrases.quoted(test["value"]) + _folded(test)}


def _any(test):
    return {"value": phrases.either(test["value"]) + _folded(test)}


def _folded(test):
    return str(_(" (case and accents ignored)")) if test.get("fold") else ""


TEXT = {
    "is": Operator(equal, _("%(field)s is %(value)s"), _one),
    "is_not": Operator(equal, _("%(field)s is not %(value)s, or not known"), _one, negative=True),
    "in": Operator(among, _("%(field)s is one of %(value)s"), _any),
    "not_in": Operator(among, _("%(field)s is none of %(value)s, or not known"), _any, negative=True),
    "contains": Operator(contains, _("%(field)s contains %(value)s"), _one),
    "not_contains": Operator(contains, _("%(field)s does not contain %(value)s, or is not known"), _one, negative=True),
    "starts": Operator(starts, _("%(field)s begins with %(value)s"), _one),
    "not_starts": Operator(starts, _("%(field)s does not begin with %(value)s, or is not known"), _one, negative=True),
    "ends": Operator(ends, _("%(field)s ends with %(value)s"), _one),
    "not_ends": Operator(ends, _("%(field)s does not end with %(value)s, or is not known"), _one, negative=True),
    "is_set": Operator(is_set, _("%(field)s is known")),
    "is_not_set": Operator(is_set, _("%(field)s is not known"), negative=True),
}
