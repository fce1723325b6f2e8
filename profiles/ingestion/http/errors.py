"""Why a whole request is refused. A 4xx ends a batch for its sender, so it stands only for what no retry can cure."""

from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused


class NotAccepted(Refused):
    """The base of all refusals at this door. `retry_after`: seconds after which to come again, or None."""

    retry_after: int | None = None

    def __init__(self, sentence=None, *, retry_after: int | None = None, **facts):
        super().__init__(sentence, **facts)
        self.retry_after = retry_after or self.retry_after


class NoKey(NotAccepted):
    code = "unknown_write_key"
    status = 401
    sentence = _("The write key is missing, unknown or revoked. Send a key in force as the Basic user name.")


class SourceDisabled(NotAccepted):
    code = "source_disabled"
    status = 403
    sentence = _("This source is switched off. Switch it on, or stop sending.")


class HttpsRequired(NotAccepted):
    code = "https_required"
    status = 403
    sentence = _("Send over https. The key of this request was seen on the wire: replace it.")


class UnknownPath(NotAccepted):
    code = "unknown_path"
    status = 404
    sentence = _("No event is received at this path. Send to /v1/batch, or to /v1/track and the like.")


class WrongMethod(NotAccepted):
    code = "method_not_allowed"
    status = 405
    sentence = _("This path takes %(method)s only.")


class BodyTooLarge(NotAccepted):
    code = "body_too_large"
    status = 413
    sentence = _("The body is larger than %(limit)s MiB. Send smaller batches.")


class TooMany(NotAccepted):
    code = "too_many_events"
    status = 413
    sentence = _("A batch holds at most %(limit)s events. Send smaller batches.")


class UnknownContentEncoding(NotAccepted):
    code = "unknown_encoding"
    status = 415
    sentence = _("The Content-Encoding is not understood. Use gzip, deflate or none.")


class UndecodableBody(NotAccepted):
    code = "undecodable_body"
    status = 400
    sentence = _("The body does not decompress. Send it whole, as its Content-Encoding says.")


class NotJSON(NotAccepted):
    code = "not_json"
    status = 400
    sentence = _("The body is not a JSON object in UTF-8.")


class NoBatch(NotAccepted):
    code = "no_batch"
    status = 400
    sentence = _("The body has no list named batch.")


class TooFast(NotAccepted):
    code = "rate_limited"
    status = 429
    sentence = _("This source sends more than its limit. Wait as Retry-After says.")


class Unavailable(NotAccepted):
    code = "unavailable"
    status = 503
    sentence = _("Events cannot be kept safely at the moment. Nothing was taken; send again.")
