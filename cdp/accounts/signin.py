"""The way in. Nobody is signed in before every step is done, so no half-open session can be used anywhere."""

import time

from axes.models import AccessFailureLog
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import get_user_model, login
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import ngettext

from cdp.accounts import factor, sessions

PENDING = "pending_sign_in"
PENDING_SECONDS = 300


def begin(request, user, *, then: str):
    """The password was right: go on to the second factor where there is or must be one, else in."""
    if not (factor.device_of(user) or factor.is_needed(user)):
        enter(request, user)
        return arrive(request, then)
    request.session[PENDING] = {"user": str(user.pk), "then": then, "since": time.time()}
    return redirect("admin:sign_in_code" if factor.device_of(user) else "admin:second_factor")


def pending(request):
    """The user whose password was right less than five minutes ago, and where they want to go; or (None, "")."""
    waiting = request.session.get(PENDING)
    if not waiting or time.time() - waiting["since"] > PENDING_SECONDS:
        return None, ""
    user = get_user_model().objects.filter(pk=waiting["user"], is_active=True).first()
    return user, waiting["then"]


def enter(request, user, *, device=None) -> None:
    """Sign in under a new session id, and tell of failed attempts since last time."""
    failures = _failures_since(user)
    request.session.pop(PENDING, None)
    if device:
        user.otp_device = device
    login(request, user, backend="cdp.accounts.backend.StaffBackend")
    sessions.note_place(request)
    if failures:
        messages.warning(request, _tell(failures))


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
