"""The base of every view of the management API, and who calls it for what.

Every view says which scope each action needs (`scopes`); a view without one is refused to everybody.
"""

from django.utils.translation import gettext_lazy as _
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.views import APIView
from rest_framework.viewsets import GenericViewSet

from cdp.base.api.filters import (
    StrictFilterBackend,
    known_parameters,
    refuse_bad_text,
    refuse_repeated,
    refuse_unknown,
)
from cdp.base.api.paging import Cursor
from cdp.base.api.scopes import HasScope


class PurposeRequired(APIException):
    """Personal values are opened only for a stated purpose."""

    status_code = 400
    default_code = "purpose_required"
    default_detail = _("Name the purpose in the header X-Purpose to read personal values.")


def opens_personal_values(request) -> str | None:
    """The stated purpose when this caller may read personal values in this request, else None (values are masked).

    Raises PurposeRequired when the key may read them, asks for them with `?reveal=true`, and names no purpose.
    """
    if request.query_params.get("reveal") != "true":
        return None
    if "pii:read" not in getattr(request.auth, "scopes", []):
        raise PermissionDenied(_("This key has no scope %(scope)s.") % {"scope": "pii:read"})
    purpose = request.headers.get("X-Purpose", "").strip()
    if not purpose:
        raise PurposeRequired
    return purpose


def staff(request):
    """The user who calls in a session; None for a service. Who calls, a user or a key, is `request.user` (for logs)."""
    return None if request.auth else request.user


def service(request) -> str:
    """The name of the key by which a service calls; "" for a user."""
    return request.auth.name if request.auth else ""


class ScopedView(APIView):
    """The base of a view that is no viewset: say the scope of each method in `scopes` = {"put": "profiles:write"}."""

    scopes: dict[str, str] = {}
    permission_classes = [HasScope]

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        refuse_repeated(request)
        refuse_bad_text(request, kwargs)


class ScopedViewSet(ScopedView, GenericViewSet):
    """The base of every viewset: say the scope of each action in `scopes` = {"list": "profiles:read", ...}."""

    parameters: tuple[str, ...] = ()
    filter_backends = [StrictFilterBackend]
    pagination_class = Cursor

    def initial(self, request, *args, **kwargs):
        super().initial(request, *args, **kwargs)
        if self.action != "list":  # a list asks its filter backend
            refuse_unknown(request, known_parameters(self))
