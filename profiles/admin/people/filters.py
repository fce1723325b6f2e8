"""Filters of the list of people: each has a small, known set of choices and an index behind it."""

from django.contrib import admin
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext_lazy as _

from profiles.models import Attribute, GoldenValue, Source, SourceIdentity
from profiles.values import lookup

MOST_FOUND = 100
COUNTRIES = ["DK", "SE", "NO", "FI", "IS", "DE", "GB"]


class Data(admin.SimpleListFilter):
    title = _("data")
    parameter_name = "data"

    def lookups(self, request, model_admin):
        return [("real", _("real people")), ("test", _("test data")), ("erased", _("erased"))]

    def queryset(self, request, queryset):
        chosen = {
            "real": {"is_test": False, "erased_at": None},
            "test": {"is_test": True},
            "erased": {"erased_at__isnull": False},
        }
        return queryset.filter(**chosen.get(self.value(), {}))


class FromSource(admin.SimpleListFilter):
    title = _("source")
    parameter_name = "source"

    def lookups(self, request, model_admin):
        return [(source.code, source.title) for source in Source.objects.all()]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        source = Source.objects.filter(code=self.value()).first()  # its id lets the planner know how many there are
        return queryset.filter(Exists(SourceIdentity.objects.filter(profile=OuterRef("pk"), source=source)))


class Country(admin.SimpleListFilter):
    title = _("country")
    parameter_name = "country"

    def lookups(self, request, model_admin):
        return [(code, code) for code in COUNTRIES]

    def queryset(self, request, queryset):
        if not self.value():
            return queryset
        country = Attribute.objects.filter(code="country").first()
        says = GoldenValue.objects.filter(profile=OuterRef("pk"), attribute=country, text=self.value())
        return queryset.filter(Exists(says))


def found_by(text: str) -> list:
    """Ids of the profiles that an exact value names, an id included."""
    return [key for found in lookup.find(text) for key in found.profiles.values_list("pk", flat=True)[:MOST_FOUND]]
