"""Numbers of the home pages: each is counted to 10 000 at most, links to the rows it counts, and says as of when."""

from dataclasses import dataclass, field
from datetime import UTC, timedelta
from urllib.parse import quote

from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.functional import Promise

from cdp.base.database.sql import rows
from cdp.base.database.statistics import estimated_rows

MOST = 10_000


@dataclass(frozen=True)
class Number:
    """One card.

    counts: SQL after FROM, of the rows that are counted; with an index behind it.
    query: the same condition for the list, with the places {now}, {today}, {soon} (in 30 days), {month_ago}, {day}.
    level: "warn" or "bad" when more than none is a reason to act, "" for a plain figure.
    """

    title: str | Promise
    model: str
    counts: str
    query: str = ""
    level: str = "warn"
    hint: str | Promise = ""
    estimate_of: str = ""


@dataclass
class Card:
    """A number that was counted."""

    number: Number
    value: int
    link: str
    level: str = field(init=False)

    def __post_init__(self):
        self.level = self.number.level if self.value and not self.number.estimate_of else ""

    @property
    def is_capped(self) -> bool:
        """More than was counted."""
        return not self.number.estimate_of and self.value > MOST

    @property
    def calls(self) -> bool:
        """Something is there that somebody should look at."""
        return bool(self.level)


def count(numbers: list[Number], user) -> list[Card]:
    """The cards that `user` may open, all counted by one statement; what calls for action comes first."""
    shown = [(number, link) for number in numbers if (link := _link(number, user))]
    if not shown:
        return []
    values = rows("SELECT " + ", ".join(_sql(number) for number, _link in shown))[0]
    cards = [Card(number, value, link) for (number, link), value in zip(shown, values, strict=True)]
    return sorted(cards, key=lambda card: {"bad": 0, "warn": 1}.get(card.level, 2))


def _sql(number: Number) -> str:
    if number.estimate_of:
        return estimated_rows(number.estimate_of)
    return f"(SELECT count(*) FROM (SELECT FROM {number.counts} LIMIT {MOST + 1}) counted)"


def _link(number: Number, user) -> str | None:
    """The list that the number counts; None where the user may not see it or it has no page."""
    app, model = number.model.split(".")
    if not user.has_perm(f"{app}.view_{model}"):
        return None
    try:
        return reverse(f"admin:{app}_{model}_changelist") + number.query.format(**_moments())
    except NoReverseMatch:
        return None


def _moments() -> dict[str, str]:
    """The moments that links name, as the admin's lists read them."""
    now = timezone.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    month = timedelta(days=30)
    moments = {"now": now, "today": today, "soon": now + month, "month_ago": now - month}
    told = {name: quote(moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S+00:00")) for name, moment in moments.items()}
    return told | {"day": today.date().isoformat()}
