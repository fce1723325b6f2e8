"""The way in. Nobody is signed in before every step is done, so no half-open session can be used anywhere."""

import time

from axes.models import AccessFailureLog
from django.conf import settings
from django.contrib import messages
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model, login
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from cdp.access.accounts import sessions, two_factor

PENDING = "pending_sign_in"
PENDING_SECONDS = 300
MOST_TOLD = 5


def begin(request, user, *, then: str):
    """The password was right: on to choosing one where it was given, to the second factor where it must be, or in."""
    if user.must_choose_password:
        _wait(request, user, then)
        return redirect("admin:new_password")
    if not (two_factor.device_of(user) or two_factor.is_needed(user)):
        enter(request, user)
        return arrive(request, then)
    _wait(request, user, then)
    return redirect("admin:sign_in_code" if two_factor.device_of(user) else "admin:second_factor")


def pending(request, *, choosing: bool = False):
    """The user whose password was right less than five minutes ago, and where they want to go; or (None, "").

    choosing: those who must choose a password; nobody else waits at that step, and they at no other.
    """
    waiting = request.session.get(PENDING)
    if not waiting or time.time() - waiting["since"] > PENDING_SECONDS:
        return None, ""
    people = get_user_model().objects.filter(is_active=True, must_choose_password=choosing)
    user = people.filter(pk=waiting["user"]).first()
    return user, waiting["then"]


def enter(request, user, *, device=None) -> None:
    """Sign in under a new session id, and tell what happened to the account since last time."""
    failures, changes = _failures_since(user), _changes_by_others(user)
    request.session.pop(PENDING, None)
    if device:
        user.otp_device = device
    login(request, user, backend="cdp.access.accounts.backend.StaffBackend")
    sessions.note_place(request)
    if failures:
        messages.warning(request, _tell(failures))
    for change in changes:
        messages.warning(request, _tell_change(change))


def arrive(request, then: str):
    """Go where the user wanted, in their language."""
    response = HttpResponseRedirect(safe(request, then))
    remember_language(response, request.user.language)
    return response


def safe(request, target: str) -> str:
    """`target` when it is an address of ours, else the home page."""
    ours = url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    )
    return target if ours else reverse("admin:index")


def remember_language(response, language: str) -> None:
    """Speak `language` from the next page on; where none was chosen, what the browser asks for."""
    if language:
        secure = settings.SESSION_COOKIE_SECURE
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, language, secure=secure, httponly=True, samesite="Lax")


def _wait(request, user, then: str) -> None:
    request.session[PENDING] = {"user": str(user.pk), "then": then, "since": time.time()}


def _changes_by_others(user) -> list[LogEntry]:
    """What others did to the account since its last sign-in, the newest first: passwords, second factor, roles."""
    if user.last_login is None:
        return []
    of_user = LogEntry.objects.filter(content_type__app_label="cdp", content_type__model="user", object_id=user.pk)
    changes = of_user.filter(action_time__gt=user.last_login).exclude(user=user)
    return list(changes.select_related("user")[:MOST_TOLD])


def _tell_change(change: LogEntry) -> str:
    told = {
        "who": change.user.get_username(),
        "when": date_format(timezone.localtime(change.action_time), "SHORT_DATETIME_FORMAT"),
        "what": change.get_change_message(),
    }
    return _("%(who)s changed your account (%(when)s): %(what)s If you did not ask for it, tell compliance.") % told


def _failures_since(user) -> int:
    failures = AccessFailureLog.objects.filter(username=user.get_username())
    if user.last_login:
        failures = failures.filter(attempt_time__gt=user.last_login)
    return failures.count()


def _tell(failures: int) -> str:
    return ngettext(
        "%(count)s sign-in with your name failed since you were here last. If that was not you, change your password.",
        "%(count)s sign-ins with your name failed since you were here last. If that was not you, change your password.",
        failures,
    ) % {"count": failures}
