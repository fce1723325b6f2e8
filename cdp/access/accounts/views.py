"""The pages of signing in: password, code, second factor, sessions, and the page that says when a lock opens."""

from base64 import b32encode

from axes.helpers import get_cool_off
from axes.models import AccessAttempt
from django.contrib import admin, messages
from django.contrib.auth.views import LoginView
from django.db.models import Max, Q
from django.shortcuts import redirect, render
from django.template.response import TemplateResponse
from django.utils import timezone
from django.utils.translation import check_for_language
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from cdp.access.accounts import sessions, sign_in, two_factor
from cdp.access.accounts.client_address import address
from cdp.access.accounts.forms import CodeForm, NewPasswordForm, PasswordForm
from cdp.access.content_security import admin_policy


class SignIn(LoginView):
    """The first step: user name and password."""

    form_class = PasswordForm
    template_name = "admin/login.html"

    def form_valid(self, form):
        return sign_in.begin(self.request, form.get_user(), then=self.get_redirect_url())


@never_cache
@sensitive_post_parameters("new_password1", "new_password2")
def new_password(request, site):
    """Before anything else, a password that nobody else knows."""
    user, then = sign_in.pending(request, choosing=True)
    if user is None:
        return redirect("admin:login")
    form = NewPasswordForm(user, request.POST or None)
    if form.is_valid():
        return sign_in.begin(request, form.save(), then=then)
    return _page(request, site, "admin/new_password.html", _("Choose a password"), form=form)


@never_cache
@sensitive_post_parameters("code")
def code(request, site):
    """The second step: the code of the app, or a recovery code."""
    user, then = sign_in.pending(request)
    if user is None:
        return redirect("admin:login")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if device := two_factor.verify(user, form.cleaned_data["code"]):
            sign_in.enter(request, user, device=device)
            return sign_in.arrive(request, then)
        form.add_error("code", _("This code does not fit. Take the one that the app shows now, and wait a moment."))
    return _page(request, site, "admin/sign_in_code.html", _("Second step"), form=form)


@never_cache
@sensitive_post_parameters("code")
def second_factor(request, site):
    """Set up the second factor: before the first entry where roles demand it, or later by one's own wish."""
    waiting, then = sign_in.pending(request)
    user = waiting or (request.user if site.has_permission(request) else None)
    if user is None:
        return redirect("admin:login")
    if waiting and two_factor.device_of(user):
        return redirect("admin:sign_in_code")
    form = CodeForm(request.POST or None)
    if form.is_valid():
        if device := two_factor.confirm(user, form.cleaned_data["code"]):
            return _show_recovery_codes(request, site, user, device, then if waiting else None)
        form.add_error("code", _("This code does not fit. Take the one that the app shows now, and wait a moment."))
    draft = two_factor.draft_of(user)
    facts = {
        "form": form,
        "qr": two_factor.qr(draft),
        "secret": _in_fours(draft),
        "has_device": two_factor.device_of(user),
    }
    return _page(request, site, "admin/second_factor.html", _("Second factor"), must=bool(waiting), **facts)


def _show_recovery_codes(request, site, user, device, then):
    """The codes are shown once, in the answer to the confirmation; the user is signed in by it."""
    codes = two_factor.new_recovery_codes(user)
    if then is not None:
        sign_in.enter(request, user, device=device)
    target = sign_in.safe(request, then or "")
    response = _page(request, site, "admin/recovery_codes.html", _("Recovery codes"), codes=codes, then=target)
    sign_in.remember_language(response, user.language)
    return response


def my_sessions(request, site):
    """Where I am signed in; each session but this one can be ended."""
    if request.method == "POST":
        return _end(request)
    rows = [(session, session.session_key == request.session.session_key) for session in sessions.of(request.user)]
    return _page(request, site, "admin/sessions.html", _("Where I am signed in"), rows=rows)


def _end(request):
    """End one session of the user, named by its mark, or all others."""
    if mark := request.POST.get("mark"):
        ended = sum(session.delete()[0] for session in sessions.of(request.user) if session.mark == mark)
    else:
        ended = sessions.end_all(request.user, but=request.session.session_key)
    messages.success(request, _("Ended: %(count)s.") % {"count": ended})
    return redirect("admin:sessions")


@admin_policy
def locked(request, _response=None, credentials=None):
    """Too many wrong passwords: one neutral page that says when it opens."""
    who = Q(ip_address=address(request)) | Q(username=(credentials or {}).get("username"))
    last = AccessAttempt.objects.filter(who).aggregate(last=Max("attempt_time"))["last"] or timezone.now()
    told = {"opens_at": last + get_cool_off(request), "title": _("Locked")}
    return render(request, "admin/locked.html", {**admin.site.each_context(request), **told}, status=429)


@require_POST
def set_language(request):
    """Speak another language from here on, also at the next sign-in."""
    language = request.POST.get("language", "")
    response = redirect(sign_in.safe(request, request.POST.get("next") or request.headers.get("Referer", "")))
    if check_for_language(language):
        sign_in.remember_language(response, language)
        if request.user.is_authenticated and request.user.language != language:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


def _page(request, site, template: str, title: str, **context):
    return TemplateResponse(request, template, {**site.each_context(request), "title": title, **context})


def _in_fours(device) -> str:
    """The secret for typing by hand: base 32 in groups of four."""
    text = b32encode(device.bin_key).decode().rstrip("=")
    return " ".join(text[start : start + 4] for start in range(0, len(text), 4))
