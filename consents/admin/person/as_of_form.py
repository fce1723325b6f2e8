"""The moment that a page is asked about: read from its address, and told in words."""

from datetime import UTC, datetime

from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from cdp.base.errors import Refused
from consents.errors import UnreadableMoment
from consents.state import time
from consents.state.time import Clocks


def told(parameters) -> dict:
    """What a template tells of the moment in `parameters` (`as_of`, `known_at`), as `texts` to ask with again.

    `clocks` and what they `answered` in words; or `trouble`, why there is no such moment, and `clocks` None.
    """
    texts = {name: parameters.get(name, "").strip() for name in ("as_of", "known_at")}
    now = timezone.now()
    try:
        found = time.asked(**{name: read(text) for name, text in texts.items()})
    except Refused as refusal:
        return {"clocks": None, "trouble": str(refusal), "is_now": False, "texts": texts}
    shown = found or Clocks(now, now)
    known_at = "" if shown.known_at == shown.as_of else written(shown.known_at)
    return {
        "clocks": shown,
        "is_now": found is None,
        "texts": {"as_of": written(shown.as_of), "known_at": known_at, "now": written(now)},
        "answered": _answered(found, now),
    }


def read(text: str) -> datetime | None:
    """UTC; local time unless the text tells its offset; None for an empty text. Raises UnreadableMoment."""
    if not text:
        return None
    try:
        found = parse_datetime(text)
        if found is None:
            raise UnreadableMoment
        return (timezone.make_aware(found) if timezone.is_naive(found) else found).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableMoment from None


def written(moment: datetime) -> str:
    """Local, as `read` takes it; with the offset in the hour that the clock passes a second time."""
    local = timezone.localtime(moment)
    return f"{local:%Y-%m-%d %H:%M:%S}" + (f"{local:%z}" if local.fold else "")


def _answered(found: Clocks | None, now: datetime) -> str:
    if found is None:
        return _("as of %(as_of)s") % {"as_of": _named(now)}
    if found.as_of == found.known_at:
        return _("what counted on %(as_of)s, as far as it was known at that moment") % {"as_of": _named(found.as_of)}
    moments = {"as_of": _named(found.as_of), "known_at": _named(found.known_at)}
    return _("what counted on %(as_of)s, as far as it was known on %(known_at)s") % moments


def _named(moment: datetime) -> str:
    local = timezone.localtime(moment)
    return f"{date_format(local, 'DATETIME_FORMAT')} ({local:%Z})"
