"""Every error of the API is one RFC 9457 problem document, with a stable code and a sentence that says what to do."""

import logging

from django.core.exceptions import PermissionDenied
from django.http import Http404, JsonResponse
from django.utils.translation import gettext_lazy as _
from rest_framework import exceptions
from rest_framework.response import Response
from rest_framework.views import set_rollback

from cdp.base.errors import Refused, WrittenMeanwhile

log = logging.getLogger(__name__)

MEDIA_TYPE = "application/problem+json"


def handle(error, context) -> Response | None:
    """DRF's exception handler. Submitted values are never echoed."""
    request = context["request"]
    if WrittenMeanwhile.is_told_by(error):
        log.warning("Two wrote the same at the same moment.", exc_info=error)
        error = WrittenMeanwhile()
    elif isinstance(error, Http404):
        error = exceptions.NotFound()
    elif isinstance(error, PermissionDenied):
        error = exceptions.PermissionDenied()
    if isinstance(error, Refused):
        body = document(request, error.status, error.code, str(error), errors=error.errors)
        headers = {}
    elif isinstance(error, exceptions.APIException):
        body = _of_api_exception(request, error)
        headers = _headers(error)
    else:
        return None
    set_rollback()
    return Response(body, status=body["status"], headers=headers, content_type=MEDIA_TYPE)


def document(request, status: int, code: str, detail: str, *, errors=()) -> dict:
    """The problem document: also `code` and `message`, which senders of events read."""
    return {
        "type": f"urn:kendt:problem:{code}",
        "title": code.replace("_", " ").capitalize(),
        "status": status,
        "detail": detail,
        "instance": getattr(request, "id", None) or getattr(getattr(request, "_request", None), "id", ""),
        "code": code,
        "message": detail,
        "errors": list(errors),
    }


def plain(request, status: int, code: str, detail: str) -> JsonResponse:
    """The same document from a view outside the API."""
    return JsonResponse(document(request, status, code, detail), status=status, content_type=MEDIA_TYPE)


def _of_api_exception(request, error) -> dict:
    if isinstance(error, exceptions.ValidationError):
        places = list(_places(error.get_full_details()))
        code = places[0]["code"] if len({place["code"] for place in places}) == 1 else "invalid"
        return document(request, 400, code, str(_("The request has errors.")), errors=places)
    return document(request, error.status_code, str(error.get_codes()), str(error.detail))


def _places(details, pointer: str = ""):
    """Flatten DRF's nested details into [{"pointer", "code", "detail"}]."""
    if isinstance(details, dict) and "message" in details and "code" in details:
        yield {"pointer": pointer or "/", "code": details["code"], "detail": str(details["message"])}
    elif isinstance(details, dict):
        for key, value in details.items():
            yield from _places(value, pointer if key == "non_field_errors" else f"{pointer}/{key}")
    else:
        for index, value in enumerate(details):
            nested = isinstance(value, dict) and "message" not in value
            yield from _places(value, f"{pointer}/{index}" if nested else pointer)


def _headers(error) -> dict[str, str]:
    headers = {}
    if wait := getattr(error, "wait", None):
        headers["Retry-After"] = str(int(wait) + 1)
    if challenge := getattr(error, "auth_header", None):
        headers["WWW-Authenticate"] = challenge
    return headers
