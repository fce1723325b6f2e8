"""From which address somebody calls."""

from django.conf import settings


def address(request) -> str:
    """The caller's address: of the connection, or behind our own proxy the one that this proxy saw.

    A proxy appends to X-Forwarded-For, so only its last entry is not the caller's own invention.
    """
    seen = request.META.get("HTTP_X_FORWARDED_FOR", "").rpartition(",")[2].strip()
    return seen if settings.BEHIND_PROXY and seen else request.META.get("REMOTE_ADDR", "")
