"""How often a key may call."""

from rest_framework.throttling import SimpleRateThrottle


class PerKeyThrottle(SimpleRateThrottle):
    """1 200 requests a minute and key; others are counted by address."""

    scope = "key"

    def get_cache_key(self, request, view):
        who = getattr(request.auth, "pk", None) or self.get_ident(request)
        return self.cache_format % {"scope": self.scope, "ident": who}
