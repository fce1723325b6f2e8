"""What every request passes: an id that ties rows of one action together, and the rules of a session."""

import logging
import re
import time

import structlog
from django.conf import settings
from django.contrib.auth import logout
from django.shortcuts import render

from cdp.base.database.ids import uuid7
from cdp.base.errors import WrittenMeanwhile

log = logging.getLogger(__name__)

KEYED_DOORS = re.compile(r"^/(v1|api/s)/")
ACCEPTED_ID = re.compile(r"^[A-Za-z0-9._-]{8,64}$")


def request_id(get_response):
    """Accept or mint `X-Request-Id`, put it on the request, in the logs and in the answer."""

    def middleware(request):
        given = request.headers.get("X-Request-Id", "")
        request.id = given if ACCEPTED_ID.match(given) else str(uuid7())
        with structlog.contextvars.bound_contextvars(request_id=request.id):
            response = get_response(request)
        response["X-Request-Id"] = request.id
        return response

    return middleware


def keyed_doors(get_response):
    """Who sends events is told by a key: cookies that a browser adds start, prolong and look up no session."""

    def middleware(request):
        if KEYED_DOORS.match(request.path):
            request.COOKIES = {}
        return get_response(request)

    return middleware


def simultaneous_writes(get_response):
    """Two who write what there can be one of at the same moment: the second gets a page that says so."""

    def middleware(request):
        return get_response(request)

    def process_exception(request, error):
        if WrittenMeanwhile.is_told_by(error):
            log.warning("Two wrote the same at the same moment.", exc_info=error)
            return render(request, "409.html", {"told": WrittenMeanwhile()}, status=WrittenMeanwhile.status)
        return None

    middleware.process_exception = process_exception
    return middleware


def session_rules(get_response):
    """End a session after 30 idle minutes or 12 hours; keep signed-in pages out of caches."""

    def middleware(request):
        if request.user.is_authenticated and _is_over(request.session):
            logout(request)
        response = get_response(request)
        if getattr(request.user, "is_authenticated", False):  # the API's caller may be a key, or nobody
            response.setdefault("Cache-Control", "no-store")
        return response

    return middleware


def _is_over(session) -> bool:
    now = time.time()
    began = session.setdefault("began", now)
    last = session.get("last_seen", now)
    if now - last > 60 or "last_seen" not in session:
        session["last_seen"] = now
    return now - last > settings.SESSION_IDLE.total_seconds() or now - began > settings.SESSION_ABSOLUTE.total_seconds()
