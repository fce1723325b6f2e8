"""The access log over the API: who opened personal values, read-only."""

import django_filters
from rest_framework import mixins, serializers

from cdp.base.api.filters import MomentFilter
from cdp.base.api.views import ScopedViewSet
from profiles.models import AccessEntry
from profiles.values import lookup


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
    profile = django_filters.CharFilter(method="of_profile")
    recorded_at__gte = MomentFilter(field_name="recorded_at", lookup_expr="gte")
    recorded_at__lt = MomentFilter(field_name="recorded_at", lookup_expr="lt")

    class Meta:
        model = AccessEntry
        fields = ["actor", "action", "allowed"]

    def of_profile(self, queryset, name, value):
        person = lookup.profile_id(value)
        return queryset.filter(identities__overlap=lookup.ids_of(person)) if person else queryset.none()


class AuditViewSet(mixins.ListModelMixin, ScopedViewSet):
    """Who opened which personal values, newest first."""

    scopes = {"list": "audit:read"}
    queryset = AccessEntry.objects.all()
    serializer_class = AccessEntrySerializer
    filterset_class = AuditFilter


routes = [("audit", AuditViewSet)]
