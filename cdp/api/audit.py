"""The access log over the API: who opened personal values, read-only."""

import django_filters
from rest_framework import mixins, serializers

from cdp.base.api.filters import MomentFilter
from cdp.base.api.views import ScopedViewSet
from profiles.models import AccessEntry


class AccessEntrySerializer(serializers.ModelSerializer):
    class Meta:
        model = AccessEntry
        fields = [
            "id",
            "recorded_at",
            "actor",
            "actor_label",
            "action",
            "purpose",
            "identities",
            "fields",
            "count",
            "allowed",
            "request_id",
        ]


class AuditFilter(django_filters.FilterSet):
    recorded_at__gte = MomentFilter(field_name="recorded_at", lookup_expr="gte")
    recorded_at__lt = MomentFilter(field_name="recorded_at", lookup_expr="lt")

    class Meta:
        model = AccessEntry
        fields = ["actor", "action", "allowed"]


class AuditViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who opened which personal values, newest first."""

    scopes = {"list": "audit:read"}
    queryset = AccessEntry.objects.all()
    serializer_class = AccessEntrySerializer
    filterset_class = AuditFilter


routes = [("audit", AuditViewSet)]
