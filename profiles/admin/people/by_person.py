"""Lists whose rows are about people: all rows of a person are found by any id that they ever had."""

from uuid import UUID

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from profiles.values.lookup import of_person, profile_id


class FoundByPerson:
    """Mixin of a ModelAdmin: the search takes an exact id of a person, through an index."""

    search_fields = ["pk"]
    search_help_text = _("Profile id")
    #: What names a person in a row.
    person_fields: tuple[str, ...] = ("identity",)

    def get_search_results(self, request, queryset, search_term):
        text = search_term.strip()
        if not text:
            return queryset, False
        key = profile_id(text)
        return (queryset.filter(self.rows_of(key)) if key else queryset.none()), False

    def rows_of(self, person: UUID) -> Q:
        return of_person(person, *self.person_fields)
