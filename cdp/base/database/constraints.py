"""Rules that live in the table: choices, pairs and order, as tiny constraint makers for `Meta.constraints`.

A name is prefixed with the table's by Django (`%(app_label)s_%(class)s_`), so it is unique and tells the rule.
"""

from django.db.models import CheckConstraint, F, Q
from django.utils.translation import gettext_lazy as _


def one_of(field: str, choices) -> CheckConstraint:
    """`field` holds one of `choices.values` (a TextChoices or IntegerChoices at module level)."""
    return CheckConstraint(
        name=f"%(app_label)s_%(class)s_{field}_known",
        condition=Q(**{f"{field}__in": list(choices.values)}),
        violation_error_message=_("This is not one of the known choices."),
    )


def together(*fields: str) -> CheckConstraint:
    """All of `fields` are set, or none is."""
    none = Q(**{f"{field}__isnull": True for field in fields})
    every = Q(**{f"{field}__isnull": False for field in fields})
    return CheckConstraint(
        name=f"%(app_label)s_%(class)s_{fields[0]}_together",
        condition=none | every,
        violation_error_message=_("These belong together: fill in all or none."),
    )


def ordered(first: str, last: str) -> CheckConstraint:
    """`first` is not later than `last`, where both are set."""
    return CheckConstraint(
        name=f"%(app_label)s_%(class)s_{first}_before",
        condition=Q(**{f"{first}__isnull": True}) | Q(**{f"{last}__isnull": True}) | Q(**{f"{first}__lte": F(last)}),
        violation_error_message=_("The first must not be later than the last."),
    )
