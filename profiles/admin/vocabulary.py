"""The vocabulary: which attributes and identifiers there are, and how each behaves."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from profiles.models import Attribute, Namespace


@admin.register(Attribute)
class AttributeAdmin(NeverDelete, TrackedAdmin):
    question = _("What may be known of a person, and how is it protected?")
    list_display = ["title", "code", "type", "classification", "group", "freshness_days", "active"]
    list_filter = ["classification", "type", "active"]
    search_fields = ["code__startswith", "title__istartswith"]

    def get_readonly_fields(self, request, obj=None):
        """What stored values hang on does not change after the fact."""
        return ["code", "type", "classification"] if obj else []


@admin.register(Namespace)
class NamespaceAdmin(NeverDelete, TrackedAdmin):
    question = _("By what are people recognised, and when does it join two records?")
    list_display = ["title", "code", "role", "normaliser", "priority", "hub_limit", "window_days", "many"]
    list_filter = ["role", "normaliser"]
    search_fields = ["code__startswith", "title__istartswith"]

    def get_readonly_fields(self, request, obj=None):
        return ["code", "normaliser"] if obj else []
