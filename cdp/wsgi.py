"""The application that gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cdp.settings")
application = get_wsgi_application()

from cdp.operations.checks import refuse_unsafe_start  # noqa: E402 (the applications must be loaded first)

refuse_unsafe_start()
