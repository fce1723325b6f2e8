"""Segments over the API: define, compute, list members, explain, and let them leave."""

import django_filters
from django.db import transaction
from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, OpenApiTypes, extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.response import Response

from cdp.base.api.filters import MomentFilter
from cdp.base.api.views import ScopedViewSet, staff
from profiles.api import public_id
from profiles.values import lookup
from segments.activation import activations
from segments.language import parsing
from segments.language.parsing import read
from segments.language.sentence import sentence
from segments.membership import compute, definitions, explain, preview
from segments.models import Activation, ActivationState, Destination, Membership, Reach, Segment


class ReachSerializer(serializers.ModelSerializer):
    """Members against those who may be reached, with the reasons of the others."""

    purpose = serializers.SlugRelatedField("key", read_only=True)

    class Meta:
        model = Reach
        fields = ["purpose", "channel", "members", "reachable", "left_out", "counted_at"]


class SegmentSerializer(serializers.ModelSerializer):
    """A segment: its definition in use, that in words, and its two numbers."""

    definition = serializers.JSONField(source="current.definition", read_only=True, default=None)
    version = serializers.IntegerField(source="current.number", read_only=True, default=None)
    sentence = serializers.SerializerMethodField()
    reach = ReachSerializer(source="reaches", many=True, read_only=True)

    class Meta:
        model = Segment
        fields = ["key", "title", "state", "version", "definition", "sentence", "members", "reach", "computed_at",
                  "stale_reason", "refresh_minutes", "created_at"]  # fmt: skip

    def get_sentence(self, segment) -> str:
        return sentence(read(segment.current.definition)) if segment.current else ""


class NewSegmentSerializer(serializers.Serializer):
    key = serializers.SlugField(max_length=60)
    title = serializers.CharField(max_length=120)
    refresh_minutes = serializers.IntegerField(min_value=1, max_value=2**31 - 1, required=False, allow_null=True)
    definition = serializers.JSONField()
    reason = serializers.CharField(max_length=200)


class DefinitionSerializer(serializers.Serializer):
    definition = serializers.JSONField()
    reason = serializers.CharField(max_length=200)


class DocumentSerializer(serializers.Serializer):
    definition = serializers.JSONField()


class RunSerializer(serializers.Serializer):
    """One computing."""

    id = serializers.UUIDField()
    state = serializers.CharField()
    as_of = serializers.DateTimeField()
    version = serializers.IntegerField(source="version.number")
    members = serializers.IntegerField()
    entered = serializers.IntegerField()
    left = serializers.IntegerField()
    left_out_by_flag = serializers.IntegerField(source="left_out")
    error = serializers.CharField()


class MembershipSerializer(serializers.ModelSerializer):
    """One interval. A member has no `left_at`."""

    segment = serializers.SlugRelatedField("key", read_only=True)
    profile = serializers.SerializerMethodField()

    class Meta:
        model = Membership
        fields = ["segment", "profile", "entered_at", "left_at"]

    def get_profile(self, interval) -> str:
        return public_id(interval.profile_id)


class SegmentViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Segments by their key."""

    scopes = {
        "list": "segments:read",
        "retrieve": "segments:read",
        "create": "segments:write",
        "partial_update": "segments:write",
        "refresh": "segments:write",
        "preview": "segments:read",
        "language": "segments:read",
        "members": "segments:read",
        "why": "segments:read",
    }
    serializer_class = SegmentSerializer
    queryset = Segment.objects.select_related("current").prefetch_related("reaches__purpose")
    filterset_fields = {"state": ["exact"], "key": ["exact", "in"]}
    lookup_field = "key"

    @extend_schema(request=NewSegmentSerializer, responses={201: SegmentSerializer})
    @transaction.atomic
    def create(self, request):
        """A new segment, in use by its first definition, not yet computed."""
        told = self._checked(NewSegmentSerializer)
        definition, reason = told.pop("definition"), told.pop("reason")
        segment = definitions.draft(**told, by=staff(request))
        definitions.activate(segment, document=definition, reason=reason, by=staff(request))
        return self._one(segment.key, status.HTTP_201_CREATED)

    @extend_schema(request=DefinitionSerializer, responses=SegmentSerializer)
    def partial_update(self, request, key):
        """A new definition, with a reason. The same definition again changes nothing."""
        told = self._checked(DefinitionSerializer)
        definitions.activate(self.get_object(), document=told["definition"], reason=told["reason"], by=staff(request))
        return self._one(key)

    @extend_schema(request=None, responses=RunSerializer)
    @action(detail=True, methods=["post"])
    def refresh(self, request, key):
        """Compute the segment now, and count who may be reached."""
        return Response(RunSerializer(compute.refresh(self.get_object(), by=staff(request))).data)

    @extend_schema(request=DocumentSerializer, responses=OpenApiTypes.OBJECT)
    @action(detail=False, methods=["post"])
    def preview(self, request):
        """A definition in words, and how many people it means now: exact, or "about" after two seconds."""
        definition = parsing.understand(self._checked(DocumentSerializer)["definition"])
        found = preview.count(definition)
        return Response({"sentence": sentence(definition), "people": found.people, "exact": found.exact})

    @extend_schema(responses=OpenApiTypes.OBJECT)
    @action(detail=False, url_path="schema")
    def language(self, request):
        """The JSON Schema of definitions."""
        return Response(parsing.schema())

    @extend_schema(responses=MembershipSerializer(many=True))
    @action(detail=True)
    def members(self, request, key):
        """Present members, in order of id."""
        self.paginator.ordering = ("profile_id",)
        inside = Membership.objects.filter(segment=self.get_object(), left_at=None).select_related("segment")
        return self.get_paginated_response(MembershipSerializer(self.paginate_queryset(inside), many=True).data)

    @extend_schema(responses=OpenApiTypes.OBJECT, parameters=[OpenApiParameter("profile", str, "path")])
    @action(detail=True, url_path=r"why/(?P<profile>[^/.]+)")
    def why(self, request, key, profile):
        """Why a person is in, or not: the rule as a tree with values and evidence, then whether they may be reached."""
        segment, person = self.get_object(), lookup.living(profile)
        if person is None or person.is_test or segment.current is None:
            raise NotFound
        return Response(explain.explain(segment, person.pk))

    def _checked(self, serializer_class) -> dict:
        serializer = serializer_class(data=self.request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data

    def _one(self, key, code=status.HTTP_200_OK):
        return Response(self.get_serializer(self.get_queryset().get(key=key)).data, status=code)


class MembershipFilter(django_filters.FilterSet):
    segment = django_filters.CharFilter(field_name="segment__key")
    profile = django_filters.CharFilter(method="of_profile")
    as_of = MomentFilter(method="at_moment")

    def of_profile(self, queryset, name, value):
        profile = lookup.profile_id(value)
        return queryset.filter(lookup.of_person(profile, "profile")) if profile else queryset.none()

    def at_moment(self, queryset, name, value):
        return queryset.filter(entered_at__lte=value).exclude(left_at__lte=value)


class MembershipViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Intervals of membership: of a person, of a segment, as of a moment."""

    scopes = {"list": "segments:read"}
    serializer_class = MembershipSerializer
    filterset_class = MembershipFilter
    queryset = Membership.objects.select_related("segment")


class ActivationSerializer(serializers.ModelSerializer):
    segment = serializers.SlugRelatedField("key", read_only=True)
    destination = serializers.SlugRelatedField("key", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)

    class Meta:
        model = Activation
        fields = ["id", "segment", "destination", "version", "state", "members", "sent", "removed", "left_out",
                  "sha256", "manifest", "error", "requested_at", "finished_at"]  # fmt: skip


class NewActivationSerializer(serializers.Serializer):
    segment = serializers.SlugRelatedField("key", queryset=Segment.objects.all())
    destination = serializers.SlugRelatedField("key", queryset=Destination.objects.all())


class ActivationViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Runs of a segment to a destination. Over 500 members, somebody of the staff approves in the admin."""

    scopes = {
        "list": "segments:read",
        "retrieve": "segments:read",
        "create": "segments:export",
        "file": "segments:export",
    }
    serializer_class = ActivationSerializer
    queryset = Activation.objects.select_related("segment", "destination", "version")
    filterset_fields = {"state": ["exact"], "segment__key": ["exact"], "destination__key": ["exact"]}

    @extend_schema(request=NewActivationSerializer, responses={201: ActivationSerializer})
    def create(self, request):
        """Ask for an activation. A small one is written at once; a larger one waits for a second person."""
        serializer = NewActivationSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        asked = activations.request(**serializer.validated_data, by=staff(request))
        if asked.state == ActivationState.APPROVED:
            asked = activations.run(asked, by=request.user)
        return Response(self.get_serializer(asked).data, status=status.HTTP_201_CREATED)

    @extend_schema(responses={(200, "text/csv"): OpenApiTypes.BINARY})
    @action(detail=True, url_path=r"files/(?P<name>[\w.-]+)")
    def file(self, request, pk, name):
        """One file in clear; written in the access log."""
        one = self.get_object()
        content = activations.download(one, name, by=request.user, request_id=request._request.id)
        return HttpResponse(content, content_type="text/csv; charset=utf-8")


routes = [("segments", SegmentViewSet), ("memberships", MembershipViewSet), ("activations", ActivationViewSet)]
