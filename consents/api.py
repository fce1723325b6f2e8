"""Consents over the API: what stands, the history, the answer "may we", and the door into the ledger."""

import django_filters
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema, extend_schema_field
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound, ValidationError
from rest_framework.response import Response

from cdp.base.api.fields import MomentField
from cdp.base.api.views import ScopedViewSet
from consents.errors import SaidOtherwise
from consents.models import (
    ActorKind,
    Channel,
    ConsentRecord,
    ConsentType,
    Ledger,
    Method,
    NoticeVersion,
    Purpose,
    State,
    in_state,
    state_at,
)
from consents.permission import decision
from consents.proof import history
from consents.recording import ledger
from consents.recording.recorders import RecorderKind
from consents.recording.statement import ConsentStatement
from consents.state import time
from profiles import vault
from profiles.api import profile_id, public_id
from profiles.models import SourceIdentity
from profiles.values import lookup

MOST_AT_ONCE = 1_000


@extend_schema_field(str)
class PersonField(serializers.Field):
    """A profile id, `prf_` and a UUID; any that was ever given."""

    default_error_messages = {"unknown": _("No such person.")}

    def to_internal_value(self, data):
        try:
            return profile_id(str(data))
        except NotFound:
            self.fail("unknown")

    def to_representation(self, value):
        return public_id(value)


class NoticeKeySerializer(serializers.Serializer):
    key = serializers.SlugField()
    language = serializers.CharField(max_length=2)
    version = serializers.IntegerField(min_value=1)


class ContactSerializer(serializers.Serializer):
    """An address or number: the kind of identifier (`email`, `phone`) and its value."""

    namespace = serializers.SlugField()
    value = serializers.CharField(max_length=400)


class DecisionSerializer(serializers.Serializer):
    """One answer of one person. The person is named by `profile` or by an `identifier`."""

    profile = PersonField(required=False)
    identifier = ContactSerializer(required=False)
    contact = ContactSerializer(required=False)
    purpose = serializers.SlugField()
    channel = serializers.ChoiceField(Channel.choices, default=Channel.NONE)
    controller = serializers.SlugField(default="own")
    state = serializers.ChoiceField(State.choices)
    effective_at = MomentField()
    source = serializers.SlugField()
    source_event_id = serializers.CharField(max_length=200)
    notice = NoticeKeySerializer(required=False)
    collection_point = serializers.SlugField(default="")
    consent_type = serializers.ChoiceField(ConsentType.choices, default=ConsentType.EXPRESSED)
    method = serializers.ChoiceField(Method.choices)
    actor_kind = serializers.ChoiceField(ActorKind.choices)
    actor_ref = serializers.CharField(max_length=64, default="")
    language = serializers.CharField(max_length=2, default="")
    jurisdiction = serializers.CharField(max_length=2, default="")
    reason_code = serializers.CharField(max_length=40, default="")
    evidence = serializers.CharField(max_length=100_000, required=False)

    def validate(self, said):
        if ("profile" in said) == ("identifier" in said):
            raise serializers.ValidationError(_("Name the person by a profile or by an identifier."), code="no_person")
        return said

    def create(self, said) -> ConsentStatement:
        for name in ("identifier", "contact"):
            if name in said:
                said[name] = (said[name]["namespace"], said[name]["value"])
        if "notice" in said:
            said["notice"] = tuple(said["notice"][part] for part in ("key", "language", "version"))
        if "evidence" in said:
            said["evidence"] = said["evidence"].encode()
        return ConsentStatement(**said, **self.context)


class RecordedSerializer(serializers.Serializer):
    """Where a decision stands in the ledger, and whether it stood there before."""

    position = serializers.IntegerField()
    replayed = serializers.BooleanField()


class ConsentSerializer(serializers.ModelSerializer):
    """What stands of one choice of one person."""

    profile = PersonField(source="profile_id", read_only=True)
    purpose = serializers.SlugRelatedField("key", read_only=True)
    controller = serializers.SlugRelatedField("key", read_only=True)
    state = serializers.SerializerMethodField()
    language = serializers.CharField(source="entry.language", read_only=True)
    trust = serializers.CharField(source="entry.trust", read_only=True)
    method = serializers.ChoiceField(Method.choices, source="entry.method", read_only=True)

    class Meta:
        model = ConsentRecord
        fields = ["profile", "purpose", "channel", "controller", "contact_ref", "state", "doi_pending", "effective_at",
                  "recorded_at", "validity_until", "language", "trust", "method", "ledger_position"]  # fmt: skip

    def get_state(self, record) -> str:
        """As of now: what has run out is expired."""
        return state_at(record, timezone.now())


class RecorderSerializer(serializers.Serializer):
    """Who put an entry into the ledger; `name` is that of the user or key, empty where nobody acted."""

    kind = serializers.ChoiceField(RecorderKind.choices)
    name = serializers.CharField()


class EntrySerializer(serializers.ModelSerializer):
    """One entry of the ledger, with its two clocks, who recorded it, and the words that were shown."""

    position = serializers.IntegerField(source="history_id")
    purpose = serializers.SlugRelatedField("key", read_only=True)
    source = serializers.SlugRelatedField("code", read_only=True)
    notice = serializers.SerializerMethodField()
    identity_ref = PersonField()
    recorded_by = serializers.SerializerMethodField()

    class Meta:
        model = Ledger
        fields = ["position", "identity_ref", "purpose", "channel", "contact_ref", "state", "effective_at",
                  "recorded_at", "recorded_by", "validity_until", "notice", "language", "method", "actor_kind", "trust",
                  "reason_code", "source", "source_event_id", "supersedes", "file_import", "row_number"]  # fmt: skip

    @extend_schema_field(RecorderSerializer)
    def get_recorded_by(self, entry) -> dict:
        return RecorderSerializer(self.context["recorders"][entry.pk]).data

    def get_notice(self, entry) -> dict | None:
        words = entry.notice_version
        return words and {"key": words.key, "language": words.language, "version": words.version, "text": words.text}


class AnswerSerializer(serializers.Serializer):
    """May we, and why."""

    profile = PersonField()
    allowed = serializers.BooleanField()
    reason = serializers.CharField()
    reasons = serializers.ListField(child=serializers.CharField())
    sentence = serializers.CharField()
    position = serializers.IntegerField(allow_null=True)
    since = serializers.DateTimeField(allow_null=True)


class ConsentFilter(django_filters.FilterSet):
    purpose = django_filters.CharFilter(field_name="purpose__key")
    channel = django_filters.ChoiceFilter(choices=Channel.choices)
    state = django_filters.ChoiceFilter(choices=State.choices, method="as_of_now")
    profile = django_filters.CharFilter(method="of_person")

    def as_of_now(self, queryset, name, value):
        """As the list tells it: what has run out is expired."""
        return queryset.filter(in_state(value, timezone.now()))

    def of_person(self, queryset, name, value):
        return queryset.filter(profile=lookup.living(profile_id(value)))


class DecisionQuestion(serializers.Serializer):
    """The parameters of "may we"."""

    profile = PersonField()
    purpose = serializers.SlugField()
    channel = serializers.ChoiceField(Channel.choices, default=Channel.NONE)
    as_of = MomentField(required=False)
    known_at = MomentField(required=False)
    recipient = serializers.CharField(required=False)

    def validate(self, asked):
        moments = time.asked(as_of=asked.pop("as_of", None), known_at=asked.pop("known_at", None))
        return asked | (moments._asdict() if moments else {})


QUESTION = [
    OpenApiParameter("profile", str, required=True),
    OpenApiParameter("purpose", str, required=True),
    OpenApiParameter("channel", str),
    OpenApiParameter("as_of", OpenApiTypes.DATETIME, description="What counted then. Alone: as it was known then."),
    OpenApiParameter("known_at", OpenApiTypes.DATETIME, description="Only what had been recorded by then counts."),
    OpenApiParameter("recipient", str, description="Public name of the partner who would get the data."),
]


class ConsentViewSet(mixins.ListModelMixin, ScopedViewSet):
    """What people allowed. POST records one decision, or a list of them: all or none."""

    scopes = {
        "list": "consents:read",
        "create": "consents:write",
        "decision": "consents:read",
        "history": "consents:read",
    }
    parameters = ("profile", "purpose", "channel", "as_of", "known_at", "recipient")
    serializer_class = ConsentSerializer
    filterset_class = ConsentFilter
    queryset = ConsentRecord.objects.select_related("purpose", "controller", "entry")

    def get_queryset(self):
        """A test key sees test people, every other key the real ones."""
        return super().get_queryset().filter(profile__is_test=self._is_test())

    def _is_test(self) -> bool:
        return getattr(getattr(self.request, "auth", None), "is_test", False)

    def _identity(self, key) -> SourceIdentity:
        identity = SourceIdentity.objects.filter(pk=key, is_test=self._is_test()).first()
        if identity is None:
            raise NotFound
        return identity

    @extend_schema(request=DecisionSerializer(many=True), responses={201: RecordedSerializer(many=True)})
    def create(self, request):
        many = isinstance(request.data, list)
        if many and len(request.data) > MOST_AT_ONCE:
            raise ValidationError([_("At most %(most)s at once.") % {"most": MOST_AT_ONCE}], code="too_many")
        context = {"among_test_people": self._is_test()}
        said = DecisionSerializer(data=request.data if many else [request.data], many=True, context=context)
        said.is_valid(raise_exception=True)
        recorded = self._record(said.save())
        answer = [
            {"position": position, "replayed": replayed}
            for position, replayed in zip(recorded.positions, recorded.replayed, strict=True)
        ]
        code = status.HTTP_200_OK if all(recorded.replayed) else status.HTTP_201_CREATED
        return Response(answer if many else answer[0], status=code)

    def _record(self, statements: list[ConsentStatement]) -> ledger.Recorded:
        """An id that comes again with another body is refused, and the attempt is logged."""
        try:
            return ledger.record(statements, by=self.request.user)
        except SaidOtherwise as clash:
            ids = {f"{statements[one.index].source}: {statements[one.index].source_event_id}" for one in clash.refused}
            vault.log_refused(
                [],
                by=self.request.user,
                action="record_consent",
                purpose=", ".join(sorted(ids)),
                request_id=self.request._request.id,
            )
            raise

    @extend_schema(parameters=QUESTION, responses=AnswerSerializer, filters=False)
    @action(detail=False, pagination_class=None)
    def decision(self, request):
        """May this person be contacted, for this purpose, on this channel, now or at a moment; and why.

        `as_of` asks what counted then, `known_at` counts only what had been recorded by then; one alone is both.
        """
        asked = DecisionQuestion(data=request.query_params.dict())
        asked.is_valid(raise_exception=True)
        self._identity(asked.validated_data["profile"])
        return Response(AnswerSerializer(decision.decide(**asked.validated_data)).data)

    @extend_schema(parameters=QUESTION[:1], responses=EntrySerializer(many=True), filters=False)
    @action(detail=False, pagination_class=None)
    def history(self, request):
        """Every entry of the ledger that concerns a person, under every id they ever had; the latest act first."""
        identity = self._identity(profile_id(request.query_params.get("profile", "")))
        found = history.entries(identity.profile_id)
        context = {"recorders": {one.entry.pk: one.recorder for one in found}}
        return Response({"data": EntrySerializer([one.entry for one in found], many=True, context=context).data})


class PurposeSerializer(serializers.ModelSerializer):
    class Meta:
        model = Purpose
        fields = ["key", "title", "direct_marketing", "profiling", "automated_decision", "active"]


class PurposeViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Why data may be used."""

    scopes = {"list": "consents:read", "retrieve": "consents:read"}
    serializer_class = PurposeSerializer
    queryset = Purpose.objects.all()
    filterset_fields = ["active"]
    lookup_field = "key"


class NoticeSerializer(serializers.ModelSerializer):
    class Meta:
        model = NoticeVersion
        fields = ["key", "language", "version", "text", "withdrawal_text", "sha256", "recipients", "published_from",
                  "published_to"]  # fmt: skip


class NoticeViewSet(mixins.ListModelMixin, ScopedViewSet):
    """The words that people are shown, published ones."""

    scopes = {"list": "consents:read"}
    serializer_class = NoticeSerializer
    queryset = NoticeVersion.objects.exclude(published_from=None)
    filterset_fields = ["key", "language", "version"]


routes = [("consents", ConsentViewSet), ("purposes", PurposeViewSet), ("notices", NoticeViewSet)]
