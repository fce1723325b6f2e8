"""Partners, agreements and deliveries over the API. Approving is for people who sign in, never for a key."""

import django_filters
from django.db.models import Prefetch, prefetch_related_objects
from drf_spectacular.utils import extend_schema
from rest_framework import mixins, serializers, status
from rest_framework.decorators import action
from rest_framework.response import Response

from cdp.base.api.views import ScopedViewSet, service, staff
from consents.models import Purpose
from partners.agreements import approvals
from partners.agreements.completeness import missing
from partners.agreements.status import statuses
from partners.models import (
    Agreement,
    AgreementState,
    AgreementVersion,
    Delivery,
    DeliveryState,
    Direction,
    Partner,
    PartnerStatus,
    Signature,
    TermLine,
)
from partners.transfers import deliveries

#: What the page of an agreement tells, in one order, at the same cost for one version or ten.
DETAIL = (
    "versions__purposes",
    Prefetch(
        "versions__lines",
        TermLine.objects.select_related("purpose").order_by("purpose__key", "direction", "field", "form"),
    ),
    Prefetch("versions__signatures", Signature.objects.select_related("person").order_by("signed_at", "id")),
)


class PartnerSerializer(serializers.ModelSerializer):
    class Meta:
        model = Partner
        fields = ["id", "key", "legal_name", "public_name", "registration_no", "country", "status", "last_review_on"]


class TermLineSerializer(serializers.ModelSerializer):
    purpose = serializers.SlugRelatedField("key", read_only=True)

    class Meta:
        model = TermLine
        fields = ["direction", "purpose", "field", "form", "max_rows", "duties"]


class SignatureSerializer(serializers.ModelSerializer):
    """An approval. `valid`: it is of the present terms, and its seal is true."""

    person = serializers.CharField(source="person.username")
    valid = serializers.SerializerMethodField()

    class Meta:
        model = Signature
        fields = ["person", "capacity", "terms_sha256", "signed_at", "valid"]

    def get_valid(self, row) -> bool:
        return row.pk in self.context["valid"]


class AgreementVersionSerializer(serializers.ModelSerializer):
    purposes = serializers.SlugRelatedField("key", many=True, read_only=True)
    terms = TermLineSerializer(source="lines", many=True)
    approvals = SignatureSerializer(source="signatures", many=True)

    class Meta:
        model = AgreementVersion
        fields = [
            "number",
            "state",
            "legal_basis",
            "our_role",
            "partner_role",
            "transfer_tool",
            "valid_from",
            "valid_until",
            "purposes",
            "onward_sharing",
            "retention_days",
            "deletion_sla_hours",
            "min_cohort",
            "terms_sha256",
            "proposed_at",
            "activated_at",
            "terms",
            "approvals",
        ]


class AgreementSerializer(serializers.ModelSerializer):
    """An agreement with what it is worth now: `status` is derived, `state` is what somebody decided."""

    partner = serializers.SlugRelatedField("key", read_only=True)
    status = serializers.SerializerMethodField()

    class Meta:
        model = Agreement
        fields = ["id", "number", "partner", "title", "direction", "state", "home_time_zone", "status"]

    def get_status(self, agreement) -> dict:
        found = self.context["statuses"][agreement.pk]
        return {
            "code": found.code,
            "sentence": found.sentence,
            "allows_exchange": found.allows,
            "version": found.version and found.version.number,
        }


class AgreementDetailSerializer(AgreementSerializer):
    versions = AgreementVersionSerializer(many=True)
    missing = serializers.SerializerMethodField()

    class Meta(AgreementSerializer.Meta):
        fields = [*AgreementSerializer.Meta.fields, "versions", "missing"]

    def get_missing(self, agreement) -> list[dict]:
        """What keeps the newest draft or proposed version from being activated."""
        newest = next((version for version in agreement.versions.all() if version.activated_at is None), None)
        return [gap._asdict() for gap in missing(newest)] if newest else []


class DeliverySerializer(serializers.ModelSerializer):
    agreement = serializers.SlugRelatedField("number", source="version.agreement", read_only=True)
    version = serializers.IntegerField(source="version.number", read_only=True)
    purpose = serializers.SlugRelatedField("key", read_only=True)

    class Meta:
        model = Delivery
        fields = [
            "id",
            "agreement",
            "version",
            "purpose",
            "audience",
            "audience_ref",
            "fields",
            "state",
            "planned",
            "sent",
            "left_out",
            "sha256",
            "manifest",
            "error",
            "requested_at",
            "built_at",
            "delete_due_at",
        ]


class AskedSerializer(serializers.Serializer):
    """What a delivery would be: fields such as `city`, `birth_date:bucketed`, `opaque_id`; audience empty: everyone."""

    agreement = serializers.SlugRelatedField("number", queryset=Agreement.objects.select_related("partner"))
    purpose = serializers.SlugRelatedField("key", queryset=Purpose.objects.all())
    fields = serializers.ListField(child=serializers.CharField(max_length=60), allow_empty=False, max_length=100)
    audience_ref = serializers.UUIDField(required=False, allow_null=True, default=None)


class PartnerFilter(django_filters.FilterSet):
    key = django_filters.CharFilter()
    status = django_filters.ChoiceFilter(choices=PartnerStatus)


class AgreementFilter(django_filters.FilterSet):
    partner = django_filters.CharFilter(field_name="partner__key")
    number = django_filters.CharFilter()
    state = django_filters.ChoiceFilter(choices=AgreementState)
    direction = django_filters.ChoiceFilter(choices=Direction)


class DeliveryFilter(django_filters.FilterSet):
    agreement = django_filters.CharFilter(field_name="version__agreement__number")
    partner = django_filters.CharFilter(field_name="version__agreement__partner__key")
    state = django_filters.ChoiceFilter(choices=DeliveryState)


class PartnerViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """The companies we exchange data with; people consent to `public_name`."""

    scopes = {"list": "partners:read", "retrieve": "partners:read"}
    queryset = Partner.objects.all()
    serializer_class = PartnerSerializer
    filterset_class = PartnerFilter
    lookup_field = "key"


class AgreementViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Agreements, what they are worth now, their versions, terms and approvals."""

    scopes = {"list": "partners:read", "retrieve": "partners:read"}
    queryset = Agreement.objects.select_related("partner")
    serializer_class = AgreementSerializer
    filterset_class = AgreementFilter
    lookup_field = "number"
    lookup_value_regex = "[^/]+"

    def list(self, request, *args, **kwargs):
        page = self.paginate_queryset(self.filter_queryset(self.get_queryset()))
        context = self.get_serializer_context() | {"statuses": statuses(page)}
        return self.get_paginated_response(AgreementSerializer(page, many=True, context=context).data)

    @extend_schema(responses=AgreementDetailSerializer)
    def retrieve(self, request, *args, **kwargs):
        agreement = self.get_object()
        prefetch_related_objects([agreement], *DETAIL)
        context = self.get_serializer_context() | {"statuses": statuses([agreement]), "valid": _valid(agreement)}
        return Response(AgreementDetailSerializer(agreement, context=context).data)


class DeliveryViewSet(mixins.ListModelMixin, mixins.RetrieveModelMixin, ScopedViewSet):
    """Files out. A key may ask for one and judge one; approving, and the file itself, are for people who sign in."""

    scopes = {
        "list": "partners:read",
        "retrieve": "partners:read",
        "create": "partners:share",
        "judge": "partners:share",
    }
    queryset = Delivery.objects.select_related("version__agreement", "purpose")
    serializer_class = DeliverySerializer
    filterset_class = DeliveryFilter

    @extend_schema(request=AskedSerializer, responses={201: DeliverySerializer})
    def create(self, request, *args, **kwargs):
        asked = self._asked(request)
        delivery = deliveries.request_delivery(
            agreement=asked["agreement"],
            purpose=asked["purpose"],
            columns=asked["fields"],
            audience_ref=asked["audience_ref"],
            by=staff(request),
            key=service(request),
        )
        return Response(self.get_serializer(delivery).data, status=status.HTTP_201_CREATED)

    @extend_schema(request=AskedSerializer, responses=dict)
    @action(detail=False, methods=["post"])
    def judge(self, request, *args, **kwargs):
        """May this be shared now, with how many people, and why are the others left out? Stores nothing."""
        asked = self._asked(request)
        ruling = deliveries.preview(
            agreement=asked["agreement"],
            purpose=asked["purpose"],
            columns=asked["fields"],
            audience_ref=asked["audience_ref"],
        )
        return Response(
            {
                "allowed": ruling.is_allowed,
                "denials": [denial._asdict() for denial in ruling.denials],
                "planned": ruling.planned,
                "may_be_shared": len(ruling.allowed),
                "left_out": dict(ruling.left_out),
            }
        )

    def _asked(self, request) -> dict:
        serializer = AskedSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        return serializer.validated_data


def _valid(agreement) -> set:
    versions = list(agreement.versions.all())
    return {row.pk for rows in approvals.standing(versions).values() for row in rows}


routes = [("partners", PartnerViewSet), ("agreements", AgreementViewSet), ("deliveries", DeliveryViewSet)]
