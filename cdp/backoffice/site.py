"""The admin site of this house: who may come in, under which content security policy, and its pages of its own."""

from functools import wraps

from django.conf import settings
from django.contrib.admin.views.main import SEARCH_VAR
from django.core.exceptions import BadRequest
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import path
from django.utils.decorators import method_decorator
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from unfold.sites import UnfoldAdminSite

from cdp.access.accounts import sign_in, two_factor, views
from cdp.access.content_security import admin_policy
from cdp.backoffice import search
from cdp.base.api.text import is_storable


def stylesheet(_request) -> str:
    return static("kendt/kendt.css")


def script(_request) -> str:
    return static("kendt/kendt.js")


def icon(_request) -> str:
    return static("kendt/icon.svg")


def _of_storable_text(view):
    """`view`, but 400 for an address with text that no database can hold. What is typed into a search is read there."""

    @wraps(view)
    def refusing(request, *args, **kwargs):
        filters = (value for name, values in request.GET.lists() if name != SEARCH_VAR for value in values)
        if not all(is_storable(str(text)) for text in (*kwargs.values(), *filters)):
            raise BadRequest("The address holds a NUL character or half a surrogate pair.")
        return view(request, *args, **kwargs)

    return refusing


class HouseSite(UnfoldAdminSite):
    """`@admin.register` means this site (see `cdp.apps.AdminConfig`)."""

    index_title = _("Home")

    def has_permission(self, request) -> bool:
        """Active staff; with a second factor where their roles lead to personal values."""
        allowed = super().has_permission(request)
        return allowed and (not two_factor.is_needed(request.user) or two_factor.is_given(request.user))

    def each_context(self, request) -> dict:
        """Also after how many idle seconds a session ends, so that the page can warn in time."""
        return super().each_context(request) | {"idle_seconds": int(settings.SESSION_IDLE.total_seconds())}

    def admin_view(self, view, cacheable=False):
        """Every page of the admin, and nothing else, has the wider policy that the theme needs."""
        return admin_policy(super().admin_view(_of_storable_text(view), cacheable))

    def extra_urls(self) -> list:
        """Pages that belong to no model. Those of signing in are open: they ask for themselves who comes."""
        return [
            path("login/code/", admin_policy(self._page(views.code)), name="sign_in_code"),
            path("login/new-password/", admin_policy(self._page(views.new_password)), name="new_password"),
            path("second-factor/", admin_policy(self._page(views.second_factor)), name="second_factor"),
            path("sessions/", self.admin_view(self._page(views.my_sessions)), name="sessions"),
        ]

    def search(self, request, extra_context=None):
        return search.page(request, self)

    @method_decorator(admin_policy)
    @method_decorator(never_cache)
    def login(self, request, extra_context=None):
        if request.method == "GET" and self.has_permission(request):
            return redirect(sign_in.safe(request, request.GET.get("next", "")))
        context = {**self.each_context(request), "title": _("Sign in"), **(extra_context or {})}
        return views.SignIn.as_view(extra_context=context)(request)

    @method_decorator(admin_policy)
    def logout(self, request, extra_context=None):
        return super().logout(request, extra_context)

    def _page(self, view):
        def page(request):
            return view(request, self)

        return page
