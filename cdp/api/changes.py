"""The feed of changes over the API: what happened to profiles, consents, members and the work that moves them."""

import base64
import re
from datetime import UTC, datetime, timedelta

from django.urls import re_path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.response import Response

from cdp.base.api.filters import refuse_unknown
from cdp.base.api.paging import Cursor
from cdp.base.api.views import ScopedView
from profiles import changes
from profiles.api import public_id
from profiles.changes import ChangeKind, Expired, Position
from profiles.changes.reading import oldest

#: Each kind asks for the scope that reads the thing itself.
SCOPE = {
    ChangeKind.PROFILE_CREATED: "profiles:read",
    ChangeKind.PROFILE_CHANGED: "profiles:read",
    ChangeKind.PROFILE_MERGED: "profiles:read",
    ChangeKind.PROFILE_PARTED: "profiles:read",
    ChangeKind.PROFILE_ERASED: "profiles:read",
    ChangeKind.CONSENT_CHANGED: "consents:read",
    ChangeKind.MEMBER_ENTERED: "segments:read",
    ChangeKind.MEMBER_LEFT: "segments:read",
    ChangeKind.AGREEMENT_MOVED: "partners:read",
    ChangeKind.DELIVERY_MOVED: "partners:read",
    ChangeKind.ACTIVATION_MOVED: "segments:read",
    ChangeKind.IMPORT_MOVED: "profiles:read",
}
OF_TWO_PROFILES = {ChangeKind.PROFILE_MERGED, ChangeKind.PROFILE_PARTED}
LATEST = "latest"
CURSOR = re.compile(r"(\d{1,9})\.(\d{1,9})\.(\d{1,19})\.(\d{1,18})\.(\d{1,17})", re.ASCII)
BEGAN = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)


class ChangeSerializer(serializers.Serializer):
    """One change. It says that something changed: ask for what is so now.

    `object`: the profile that a merged one went into (ask for that one from now on) or a parted one came out of; else
    the id of the segment, agreement, delivery, activation or import. `what`: of a changed profile the codes of its
    attributes, `source_records` or `events`; of consents `consent:` or `objection:` and the purpose, `objection`,
    `restriction` or `suppression`; of what moved, the state that it is in.
    """

    kind = serializers.ChoiceField(ChangeKind.choices)
    profile = serializers.SerializerMethodField()
    object = serializers.SerializerMethodField()
    what = serializers.ListField(child=serializers.CharField())
    recorded_at = serializers.DateTimeField()

    def get_profile(self, change) -> str | None:
        return change.profile and public_id(change.profile)

    def get_object(self, change) -> str | None:
        if change.object is None:
            return None
        return public_id(change.object) if change.kind in OF_TWO_PROFILES else str(change.object)


class ChangesSerializer(serializers.Serializer):
    """A page. `next_cursor` is always there: keep it, and ask with it again later when there is no more now."""

    data = ChangeSerializer(many=True)
    next_cursor = serializers.CharField()
    has_more = serializers.BooleanField()


class ChangesView(ScopedView):
    """Changes in the order in which they may be relied on: none appears later before one that was read."""

    scopes = {"get": frozenset(SCOPE.values())}

    @extend_schema(
        operation_id="changes_list",
        parameters=[
            OpenApiParameter("after", str, description="A next_cursor; none: from the oldest; latest: what comes."),
            OpenApiParameter("limit", int, description="1 to 1000; 100 if none is given."),
            OpenApiParameter(
                "kind", str, description="Kinds, with commas between them; none: all that the key may read."
            ),
        ],
        responses=ChangesSerializer,
    )
    def get(self, request):
        refuse_unknown(request, {"after", "limit", "kind", "format"})
        kinds, limit = asked_kinds(request), Cursor().get_page_size(request)
        epoch = changes.present().epoch
        page = changes.read(after=asked_position(request, epoch), limit=limit, kinds=kinds)
        return Response(
            {
                "data": ChangeSerializer(page.changes, many=True).data,
                "next_cursor": as_cursor(page.position, epoch),
                "has_more": page.has_more,
            }
        )


def asked_kinds(request) -> list[ChangeKind]:
    """The kinds that are asked for, all of which the caller may read; by default all that they may read."""
    scopes = set(request.auth.scopes) if request.auth else set(SCOPE.values())
    asked = request.query_params.get("kind")
    if asked is None:
        return [kind for kind, scope in SCOPE.items() if scope in scopes]
    names = asked.split(",")
    if set(names) - set(SCOPE):
        sentence = _("Unknown kind. Known: %(known)s.") % {"known": ", ".join(SCOPE)}
        raise ValidationError({"kind": [sentence]}, code="invalid_kind")
    if lacking := sorted({SCOPE[name] for name in names} - scopes):
        raise PermissionDenied(_("This key has no scope %(scope)s.") % {"scope": ", ".join(lacking)})
    return [ChangeKind(name) for name in names]


def asked_position(request, epoch: int) -> Position:
    """Where to go on. Raises Expired for a cursor from before a restore: who has it knows what never was."""
    asked = request.query_params.get("after")
    if asked is None:
        return oldest()
    if asked == LATEST:
        return changes.present()
    given, position = _read_cursor(asked)
    if given != epoch:
        raise Expired
    return position


def as_cursor(position: Position, epoch: int) -> str:
    """Opaque outside: the epoch in which it is given, and the position."""
    micros = (position.moment - BEGAN) // MICROSECOND
    text = f"{epoch}.{position.epoch}.{position.xid}.{position.seq}.{micros}"
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read_cursor(text: str) -> tuple[int, Position]:
    try:
        said = CURSOR.fullmatch(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode("ascii"))
        given, epoch, xid, seq, micros = map(int, said.groups())
        return given, Position(epoch, xid, seq, BEGAN + micros * MICROSECOND)
    except (ValueError, AttributeError, OverflowError):
        sentence = _("This is no cursor of the changes. Take next_cursor of the page before, or latest.")
        raise ValidationError({"after": [sentence]}, code="invalid_cursor") from None


paths = [re_path(r"^changes/?$", ChangesView.as_view(), name="changes")]
routes: list = []
