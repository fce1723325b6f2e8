"""The access log over the API: who opened personal values, read-only."""

from rest_framework import mixins, serializers

from cdp.kit.api import ScopedViewSet
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
            "subjects",
            "fields",
            "count",
            "allowed",
            "request_id",
        ]


class AuditViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who opened which personal values, newest first."""

    scopes = {"list": "audit:read"}
    queryset = AccessEntry.objects.all()
    serializer_class = AccessEntrySerializer
    filterset_fields = {"actor": ["exact"], "action": ["exact"], "recorded_at": ["gte", "lt"], "allowed": ["exact"]}


routes = [("audit", AuditViewSet)]
