"""Sessions that know whose they are, so that a person can see and end theirs. `SESSION_ENGINE` names this module."""

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.utils import timezone

from cdp.access.accounts.client_address import address

LONGEST_AGENT = 200


class SessionStore(DatabaseStore):
    """Django's database sessions, with the user and where they signed in as columns."""

    @classmethod
    def get_model_class(cls):
        from cdp.models import StaffSession

        return StaffSession

    def create_model_instance(self, data):
        session = super().create_model_instance(data)
        session.user_id = data.get(SESSION_KEY)
        session.address = data.get("address")
        session.agent = data.get("agent", "")
        session.began_at = _moment(data.get("began"))
        session.last_seen_at = _moment(data.get("last_seen"))
        return session


def note_place(request) -> None:
    """Write down from where this session signed in."""
    request.session["address"] = address(request)
    request.session["agent"] = request.headers.get("User-Agent", "")[:LONGEST_AGENT]


def of(user):
    """The sessions of `user` that are still open, the last used first."""
    model = SessionStore.get_model_class()
    return model.objects.filter(user=user, expire_date__gt=timezone.now()).order_by("-last_seen_at")


def end_all(user, *, but: str | None = None) -> int:
    """End every session of `user` now, except the one with the key `but`; gives how many were ended."""
    return of(user).exclude(session_key=but).delete()[0]


def tidy() -> None:
    """Delete expired sessions, and notes of sign-ins older than `KENDT_SIGN_IN_KEPT`: they name people and places."""
    from axes.models import AccessFailureLog, AccessLog

    SessionStore.clear_expired()
    for notes in (AccessLog, AccessFailureLog):
        notes.objects.filter(attempt_time__lt=timezone.now() - settings.KENDT_SIGN_IN_KEPT).delete()


def _moment(seconds: float | None):
    if seconds is None:
        return None
    return timezone.datetime.fromtimestamp(seconds, tz=timezone.get_default_timezone())
