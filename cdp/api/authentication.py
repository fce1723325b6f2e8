"""Who calls: a service by its key, or a person by their session."""

import ipaddress

from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed

from cdp.access import service_keys
from cdp.access.accounts.client_address import address
from cdp.models import ServiceKey

ONE_MINUTE = timezone.timedelta(minutes=1)


class ServiceKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer cdpk_...`; `request.auth` is the ServiceKey, and so is `request.user`."""

    def authenticate(self, request):
        kind, _space, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if kind.lower() != "bearer":
            return None
        key = service_keys.find(text.strip())
        if key is None or not _comes_from(key, request):
            raise AuthenticationFailed(_("This key is unknown, expired, revoked, or used from another network."))
        _note_use(key)
        return key, key

    def authenticate_header(self, request):
        return 'Bearer realm="Kendt"'


def _comes_from(key: ServiceKey, request) -> bool:
    if not key.networks:
        return True
    caller = ipaddress.ip_address(address(request))
    return any(caller in ipaddress.ip_network(network, strict=False) for network in key.networks)


def _note_use(key: ServiceKey) -> None:
    """Once a minute is enough to tell whether a key is used."""
    now = timezone.now()
    if key.last_used_at is None or now - key.last_used_at > ONE_MINUTE:
        ServiceKey.objects.filter(pk=key.pk).update(last_used_at=now)


class ServiceKeyScheme(OpenApiAuthenticationExtension):
    target_class = "cdp.api.authentication.ServiceKeyAuthentication"
    name = "serviceKey"

    def get_security_definition(self, auto_schema):
        return {"type": "http", "scheme": "bearer", "description": "A service key, cdpk_..."}
