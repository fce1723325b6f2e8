"""People, events and imports over the API. Personal values are masked unless the key may read them for a purpose."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

import django_filters
from django.db import transaction
from django.db.models import Exists, OuterRef, Prefetch, Q, prefetch_related_objects
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils.translation import gettext_lazy as _
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, NotFound, ValidationError
from rest_framework.response import Response

from cdp.base.api.fields import MomentField
from cdp.base.api.filters import MomentFilter
from cdp.base.api.views import ScopedView, ScopedViewSet, opens_personal_values
from cdp.base.errors import Refused
from profiles import records
from profiles.identity import resolve
from profiles.models import Event, EventName, FileImport, GoldenValue, OrderLine, Profile, Source, SourceIdentity
from profiles.models.events import EventType
from profiles.values import golden, lookup
from profiles.values.reading import opened, shown


class Gone(APIException):
    """The person was erased."""

    status_code = status.HTTP_410_GONE
    default_code = "erased"
    default_detail = _("This person was erased.")


def public_id(profile: UUID) -> str:
    """The id that the API shows: prf_ and the UUID."""
    return f"{lookup.PREFIX}{profile}"


def profile_id(text: str) -> UUID:
    """The UUID in a public id. NotFound when it is none."""
    found = lookup.profile_id(text)
    if found is None:
        raise NotFound
    return found


class ProfileSerializer(serializers.Serializer):
    """A profile: `values` by attribute, `identifiers` by namespace; personal values are masked by default."""

    id = serializers.SerializerMethodField()
    merged_from = serializers.SerializerMethodField()
    first_seen_at = serializers.DateTimeField()
    last_seen_at = serializers.DateTimeField()
    source_records = serializers.IntegerField(source="identity_count")
    fields_ = serializers.SerializerMethodField(method_name="values_of")

    def get_fields(self):
        """`fields` is what a serializer calls its own, so ours gets its name here."""
        fields = super().get_fields()
        fields["fields"] = fields.pop("fields_")
        return fields

    def get_id(self, profile) -> str:
        return public_id(profile.pk)

    def get_merged_from(self, profile) -> str | None:
        asked = self.context.get("asked")
        return public_id(asked) if asked and asked != profile.pk else None

    def values_of(self, profile) -> dict[str, Any]:
        return self.context["people"][profile.pk]


class ProfileFilter(django_filters.FilterSet):
    """Exact look-ups only: an identifier is found by its blind index, in its normal form."""

    email = django_filters.CharFilter(method="by_identifier")
    phone = django_filters.CharFilter(method="by_identifier")
    customer_no = django_filters.CharFilter(method="by_identifier")
    loyalty_no = django_filters.CharFilter(method="by_identifier")
    user_id = django_filters.CharFilter(method="by_identifier")
    country = django_filters.CharFilter(method="by_country")

    def by_identifier(self, queryset, name, value):
        return queryset.filter(pk__in=lookup.by_identifier(name, value))

    def by_country(self, queryset, name, value):
        lives_there = GoldenValue.objects.filter(profile=OuterRef("pk"), attribute__code="country", text=value.upper())
        return queryset.filter(Exists(lives_there))


REVEAL = [
    OpenApiParameter("reveal", bool, description="true: personal values in clear; needs pii:read and X-Purpose."),
    OpenApiParameter("X-Purpose", str, OpenApiParameter.HEADER, description="Why the values are read."),
]


class ProfileViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """People. An id of a profile that was merged away answers with the survivor."""

    scopes = {"list": "profiles:read", "retrieve": "profiles:read", "provenance": "profiles:read"}
    serializer_class = ProfileSerializer
    filterset_class = ProfileFilter
    queryset = Profile.objects.living()

    @extend_schema(parameters=REVEAL)
    def list(self, request, *args, **kwargs):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        people = self._fields([profile.pk for profile in page])
        return self.get_paginated_response(self._serialized(page, people, many=True).data)

    @extend_schema(parameters=REVEAL)
    def retrieve(self, request, *args, **kwargs):
        asked = profile_id(kwargs["pk"])
        profile = self._living(asked)
        people = self._fields([profile.pk])
        return Response(self._serialized(profile, people, asked=asked).data)

    @extend_schema(responses=dict)
    @action(detail=True)
    def provenance(self, request, *args, **kwargs):
        """Why each value stands: the winner, the rule that decided, and every candidate with its source."""
        profile = self._living(profile_id(kwargs["pk"]))
        codes = GoldenValue.objects.filter(profile=profile).values_list("attribute__code", flat=True)
        return Response({code: self._reason(profile, code) for code in sorted(codes)})

    def _reason(self, profile: Profile, code: str) -> dict:
        explained = golden.explain(profile=profile.pk, attribute=code)
        return explained | {"rule": explained["rule"].name.lower()}

    def _living(self, asked: UUID) -> Profile:
        identity = SourceIdentity.objects.select_related("profile").filter(pk=asked, is_test=False).first()
        if identity is None:
            raise NotFound
        if identity.profile.erased_at:
            raise Gone
        return identity.profile

    def _fields(self, profiles: Iterable[UUID]) -> dict:
        purpose = opens_personal_values(self.request)
        if purpose is None:
            return shown(profiles)
        return opened(
            profiles, None, by=self.request.auth, action="api", purpose=purpose, request_id=self.request._request.id
        )

    def _serialized(self, page, people, *, many=False, asked=None):
        return self.serializer_class(page, many=many, context={"people": people, "asked": asked})


class IdentifierSerializer(serializers.Serializer):
    namespace = serializers.SlugField()
    value = serializers.CharField(max_length=400)
    verified = serializers.BooleanField(default=False)


class StatementSerializer(serializers.Serializer):
    """What a source says of a person: identifiers and values. It is written as a source record."""

    identifiers = IdentifierSerializer(many=True, default=list)
    traits = serializers.DictField(default=dict)
    observed_at = MomentField(default=None, allow_null=True)


class NotWritten(Refused):
    """Some of what was sent cannot be read; nothing was written."""

    code = "invalid"
    status = 400
    sentence = _("Nothing was written: some values cannot be read.")


@extend_schema(request=StatementSerializer, responses=ProfileSerializer)
class ByExternalId(ScopedView):
    """PUT what a source says of the person whom it knows by this id; the answer is the profile."""

    scopes = {"put": "profiles:write"}

    def put(self, request, source, external_id):
        sender = get_object_or_404(Source, code=source, enabled=True)
        said = StatementSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        profile = self._write(sender, external_id, said.validated_data)
        context = {"people": shown([profile.pk]), "asked": None}
        return Response(ProfileSerializer(profile, context=context).data)

    @transaction.atomic
    def _write(self, sender: Source, external_id: str, said: dict) -> Profile:
        identifiers = [(one["namespace"], one["value"], one["verified"]) for one in said["identifiers"]]
        person = records.Person(external_id, identifiers, said["traits"], said["observed_at"])
        is_test = getattr(self.request.auth, "is_test", False)  # a session writes of real people
        written = records.write(source=sender, people=[person], is_test=is_test)
        outcome = written.people[0]
        if found := [*outcome.problems, *outcome.notes]:
            errors = [one.as_dict() for one in found]
            raise NotWritten(errors=errors)
        resolve(identities=written.touched)
        return SourceIdentity.objects.select_related("profile").get(pk=outcome.identity).profile


class OrderLineSerializer(serializers.ModelSerializer):
    class Meta:
        model = OrderLine
        fields = ["position", "product_id", "category", "quantity", "price", "amount", "currency", "properties"]


class EventSerializer(serializers.ModelSerializer):
    type = serializers.ChoiceField(EventType.choices, source="name.type", read_only=True)
    name = serializers.CharField(source="name.name", read_only=True)
    profile = serializers.SerializerMethodField()
    source = serializers.SlugRelatedField("code", read_only=True)
    lines = OrderLineSerializer(many=True, read_only=True)
    flags = serializers.SerializerMethodField()

    class Meta:
        model = Event
        fields = ["id", "type", "name", "occurred_at", "received_at", "source", "profile", "category", "order_id",
                  "product_id", "quantity", "price", "amount", "currency", "lines", "properties", "flags"]  # fmt: skip

    def get_profile(self, event) -> str | None:
        return public_id(event.profile_id) if event.profile_id else None

    def get_flags(self, event) -> list[str]:
        return event.flags or []


class EventFilter(django_filters.FilterSet):
    profile = django_filters.CharFilter(method="of_profile")
    name = django_filters.CharFilter(method="by_name")
    since = MomentFilter(field_name="occurred_at", lookup_expr="gte")
    until = MomentFilter(field_name="occurred_at", lookup_expr="lt")

    def of_profile(self, queryset, name, value):
        person = lookup.living(profile_id(value))
        return queryset.filter(profile=person) if person else queryset.none()

    def by_name(self, queryset, name, value):
        return queryset.filter(name__in=EventName.objects.numbers(value))


class EventViewSet(mixins.ListModelMixin, ScopedViewSet):
    """What one person did, or what happened by one name: one of `profile` and `name` is needed."""

    scopes = {"list": "profiles:read"}
    serializer_class = EventSerializer
    filterset_class = EventFilter
    queryset = Event.objects.filter(Q(profile=None) | Q(profile__is_test=False)).select_related("source", "name")

    def get_queryset(self):
        if not {"profile", "name"} & self.request.query_params.keys():
            raise ValidationError({"profile": [_("Say of whom (profile) or of what (name).")]}, code="required")
        return super().get_queryset()

    def paginate_queryset(self, queryset):
        self.paginator.ordering = ("-occurred_at", "-id")
        page = super().paginate_queryset(queryset)
        prefetch_related_objects(page, Prefetch("lines", OrderLine.objects.of(page)))
        return page


class ImportSerializer(serializers.ModelSerializer):
    source = serializers.SlugRelatedField("code", read_only=True)
    mapping = serializers.SlugRelatedField("name", read_only=True)

    class Meta:
        model = FileImport
        fields = ["id", "source", "mapping", "party", "state", "file_name", "sha256", "rows_total", "rows_done",
                  "rows_new", "rows_updated", "rows_unchanged", "rows_rejected", "error", "created_at", "started_at",
                  "finished_at"]  # fmt: skip


class ImportViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Imports and how far they are."""

    scopes = {"list": "profiles:read", "retrieve": "profiles:read"}
    serializer_class = ImportSerializer
    queryset = FileImport.objects.select_related("source", "mapping")
    filterset_fields = {"state": ["exact"], "source__code": ["exact"]}


paths = [path("profiles/by-external-id/<slug:source>/<str:external_id>", ByExternalId.as_view(), name="by-external-id")]
routes = [("profiles", ProfileViewSet), ("events", EventViewSet), ("imports", ImportViewSet)]
