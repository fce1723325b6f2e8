"""What a service key may do, in scopes, and the permission that asks for them. Imports no views: settings name it."""

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


class HasScope(permissions.BasePermission):
    """The caller's key holds the scope that this action needs. Without a key, only a signed-in superuser may."""

    def has_permission(self, request, view) -> bool:
        scope = getattr(view, "scopes", {}).get(getattr(view, "action", None) or request.method.lower())
        if scope is None:
            return False
        if request.auth is not None:
            return scope in request.auth.scopes
        return bool(request.user and request.user.is_active and request.user.is_superuser)
