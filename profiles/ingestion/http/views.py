"""The door for unmodified Segment, RudderStack and Jitsu clients. What each of them makes of an answer decides it.

Plain views: the clients mislabel their bodies, so Content-Type is ignored. Success is exactly 200 with a JSON object;
no answer is ever a redirect; every error has `code` and `message`.
"""

import base64
import binascii
import logging
from functools import wraps

import orjson
from django.conf import settings
from django.db import DatabaseError, InterfaceError
from django.http import HttpResponse
from django.views.decorators.csrf import csrf_exempt

from cdp.base.database.timeout import NoAnswer, answers_within
from profiles.ingestion.http import queue, request_body
from profiles.ingestion.http.backpressure import patience
from profiles.ingestion.http.errors import HttpsRequired, NoKey, NotAccepted, Unavailable, UnknownPath, WrongMethod
from profiles.ingestion.http.write_keys import Sender
from profiles.models import Source

log = logging.getLogger(__name__)

SILENCE = 2  # seconds without a word from the database, after which a sender is asked to come again

SHORT = {"t": "track", "i": "identify", "p": "page", "s": "screen", "g": "group", "a": "alias", "b": "batch"}
ALLOWED_HEADERS = (
    "authorization, content-type, anonymousid, sentat, x-write-key, x-retry-count, x-ip-policy, x-enable-debug"
)


def ingest_endpoint(method: str | None):
    """What all paths here have in common: one method (None: any), https, origins, refusals as problem documents."""

    def through(view):
        @csrf_exempt
        @wraps(view)
        def answer(request, **path):
            request.sender = None
            try:
                with answers_within(SILENCE):
                    response = _guarded(view, method, request, path)
                    _allow_origin(request, response, method)
            except (DatabaseError, InterfaceError, NoAnswer) as error:
                log.error("Nothing can be kept: the database answers with %s", type(error).__name__)
                response = problem(Unavailable(retry_after=patience()))
            return response

        return answer

    return through


def _guarded(view, method: str | None, request, path: dict) -> HttpResponse:
    try:
        if settings.SECURE_SSL_REDIRECT and not request.is_secure():
            raise HttpsRequired
        if request.method == "OPTIONS":  # a browser asks before it sends, without the key
            return HttpResponse(status=204)
        if method and request.method != method:
            raise WrongMethod(method=method)
        return view(request, **path)
    except NotAccepted as refusal:
        request_body.discard(request)
        return problem(refusal)


@ingest_endpoint("POST")
def ingest(request, call: str) -> HttpResponse:
    """One event, or a batch of them."""
    call = SHORT.get(call, call)
    sender = _sender(request)
    body = request_body.decoded(request_body.read(request), request.headers.get("Content-Encoding", ""))
    accepted = queue.receive(
        body=body, call=None if call in {"batch", "import"} else call, sent_at=request.headers.get("SentAt"), by=sender
    )
    return answer_json({"success": True, "accepted": accepted})


@ingest_endpoint(None)
def unknown(request) -> HttpResponse:
    raise UnknownPath


def problem(refusal: NotAccepted) -> HttpResponse:
    """The RFC 9457 document, with the members that senders read."""
    body = {
        "type": f"urn:kendt:problem:{refusal.code}",
        "title": refusal.code.replace("_", " ").capitalize(),
        "status": refusal.status,
        "detail": str(refusal),
        "code": refusal.code,
        "message": str(refusal),
    }
    response = answer_json(body, status=refusal.status, content_type="application/problem+json")
    if refusal.retry_after:
        response["Retry-After"] = str(refusal.retry_after)
    if refusal.status == 401:
        response["WWW-Authenticate"] = 'Basic realm="write key"'
    if refusal.status == 405:
        response["Allow"] = f"{refusal.facts['method']}, OPTIONS"
    return response


def answer_json(body: dict, *, status: int = 200, content_type: str = "application/json") -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type=content_type)


def _sender(request) -> Sender | None:
    """Who sends, by the headers; None where only the body can tell. Raises NoKey for a key that is not in force."""
    if given := candidates(request):
        request.sender = queue.sender(*given)
    return request.sender


def candidates(request) -> list[str]:
    """What may be the key in the headers, wherever a client puts it."""
    scheme, _, credentials = request.headers.get("Authorization", "").partition(" ")
    given = [request.headers.get("X-Write-Key", "")]
    if scheme.lower() == "bearer":
        given.append(credentials.strip())
    if scheme.lower() == "basic":
        given += _basic(credentials)
    return [one for one in given if one]


def _basic(credentials: str) -> list[str]:
    """User name and password: the key is the one or the other."""
    try:
        return base64.b64decode(credentials.strip(), validate=True).decode().split(":", 1)
    except (binascii.Error, UnicodeDecodeError):
        raise NoKey from None


def _allow_origin(request, response, method: str | None) -> None:
    """Let the browser read the answer where the source allows the page's origin; it sends no cookies."""
    origin = request.headers.get("Origin")
    response["Vary"] = "Origin"
    if not origin or not _is_allowed(origin, request.sender):
        return
    response["Access-Control-Allow-Origin"] = origin
    response["Access-Control-Allow-Methods"] = f"{method or 'POST'}, OPTIONS"
    # Clients add headers of their own, on a retry for example; we read none of them.
    response["Access-Control-Allow-Headers"] = request.headers.get("Access-Control-Request-Headers", ALLOWED_HEADERS)
    response["Access-Control-Max-Age"] = "7200"


def _is_allowed(origin: str, sender: Sender | None) -> bool:
    """By the sender's source; before a sender is known, by any."""
    if sender:
        return origin in sender.allowed_origins
    return Source.objects.filter(enabled=True, allowed_origins__contains=[origin]).exists()
