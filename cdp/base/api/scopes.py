"""What a service key may do, in scopes, and the permission that asks for them. Imports no views: settings name it."""

from collections.abc import Iterable

from django.utils.translation import gettext_lazy as _
from rest_framework import permissions

SCOPES = {
    "profiles:read": _("read profiles, masked"),
    "profiles:write": _("write what a source says of people"),
    "pii:read": _("read personal values, with a purpose"),
    "consents:read": _("read consents and decisions"),
    "consents:write": _("record consents"),
    "segments:read": _("read segments and members"),
    "segments:write": _("write segments"),
    "segments:export": _("request and fetch activations"),
    "partners:read": _("read partners and agreements"),
    "partners:share": _("request deliveries"),
    "audit:read": _("read the access log"),
}

#: The permission of whoever may give the scope: nobody makes a key that opens what they may not do themselves.
GIVEN_WITH = {
    "profiles:read": "profiles.view_profile",
    "profiles:write": "profiles.run_fileimport",
    "pii:read": "profiles.reveal_profile",
    "consents:read": "consents.view_consentrecord",
    "consents:write": "consents.record_consent",
    "segments:read": "segments.view_segment",
    "segments:write": "segments.change_segment",
    "segments:export": "segments.approve_activation",
    "partners:read": "partners.view_agreement",
    "partners:share": "partners.approve_delivery",
    "audit:read": "profiles.view_accessentry",
}


def not_held(user, scopes: Iterable[str]) -> list[str]:
    """Those of `scopes` that `user` may not give."""
    return [scope for scope in scopes if not user.has_perm(GIVEN_WITH[scope])]


class HasScope(permissions.BasePermission):
    """The caller's key holds the scope that this action needs, or one of a set where that is enough.

    Without a key, only a signed-in superuser may.
    """

    def has_permission(self, request, view) -> bool:
        needed = getattr(view, "scopes", {}).get(getattr(view, "action", None) or request.method.lower())
        if needed is None:
            return False
        if request.auth is not None:
            enough = {needed} if isinstance(needed, str) else needed
            return not enough.isdisjoint(request.auth.scopes)
        return bool(request.user and request.user.is_active and request.user.is_superuser)
