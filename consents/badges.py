"""How a state looks: its tone, and as a badge in words. Colour is never alone."""

from django.utils.html import format_html
from django.utils.translation import gettext as _

from consents.models import State

TONES = {
    State.GIVEN: "good",
    State.RENEWED: "good",
    State.REQUESTED: "warn",
    State.DEFERRED: "warn",
    State.EXPIRED: "warn",
    State.REFUSED: "bad",
    State.WITHDRAWN: "bad",
    State.REVOKED: "bad",
    State.INVALIDATED: "bad",
}


def state_badge(state: str) -> str:
    """A state in words, toned; an entry without one is a correction."""
    return badge(TONES.get(state, "quiet"), State(state).label if state else _("correction"))


def verdict_badge(approved: bool | None) -> str:
    """How a request for a correction was decided; None: it waits."""
    if approved is None:
        return badge("warn", _("waiting"))
    return badge("good", _("approved")) if approved else badge("quiet", _("declined"))


def badge(tone: str, words) -> str:
    return format_html('<span class="k-badge k-badge--{}">{}</span>', tone, words)
