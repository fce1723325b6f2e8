"""An explanation (`segments.membership.explain`) in words for a page: values and facts as people read them."""

from decimal import Decimal

from django.utils import formats, timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consents.models import Channel, State
from profiles.models.sources import Party
from segments.language import phrases
from segments.membership import reach

PARTIES = {
    Party.ZERO: gettext_lazy("zero-party"),
    Party.FIRST: gettext_lazy("first-party"),
    Party.SECOND: gettext_lazy("second-party"),
    Party.THIRD: gettext_lazy("third-party"),
}
TIMES = ("occurred_at", "observed_at", "effective_at", "entered_at")


def told(explained: dict) -> dict:
    """`explained` with `shown` and `facts` [(what, when)] in each leaf, and titles beside the answers of reach."""
    for node in explained["because"]:
        _tell(node)
    for question, answer in zip(reach.questions(), explained["reach"], strict=True):
        answer["title"] = f"{question.purpose}, {Channel(question.channel).label}"
    return explained


def _tell(node: dict) -> None:
    for child in node.get("of", []):
        _tell(child)
    if "evidence" in node:
        node["shown"] = shown(node["value"])
        node["facts"] = [(_fact(fact), _when(fact)) for fact in node["evidence"]]


def shown(value) -> str:
    """A value as the reader's language writes it."""
    if value is None:
        return _("not known")
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, (int, Decimal)):
        return phrases.number(value)
    if isinstance(value, list):
        return ", ".join(map(str, value)) or _("none")
    return State(value).label if value in State.values else formats.localize(value)


def _fact(fact: dict) -> str:
    parts = [
        fact.get("name"),
        fact.get("state") and State(fact["state"]).label,
        fact.get("order_id"),
        fact.get("amount") is not None and f"{phrases.number(fact['amount'])} {fact.get('currency') or ''}".strip(),
        fact.get("verified") and _("verified"),
        fact.get("source"),
        PARTIES.get(fact.get("party")),
        fact.get("definition") and _("definition v%(number)s") % {"number": fact["definition"]},
    ]
    return " · ".join(str(part) for part in parts if part)


def _when(fact: dict) -> str:
    first = next((fact[name] for name in TIMES if fact.get(name)), None)
    last = fact.get("left_at")
    return " – ".join(_moment(moment) for moment in (first, last) if moment)


def _moment(moment) -> str:
    return formats.date_format(timezone.localtime(moment), "SHORT_DATETIME_FORMAT")
