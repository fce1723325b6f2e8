"""The content security policy of the admin pages, which is wider than everybody else's."""

from csp.decorators import csp_replace
from django.conf import settings

admin_policy = csp_replace(settings.ADMIN_CONTENT_SECURITY_POLICY)
