"""Words of the frame around every page."""

from django import template
from django.db.models import Model
from django.utils.text import capfirst

register = template.Library()


@register.filter
def told(thing) -> str:
    """What a page calls a row: its name, or for rows without one what it is and the end of its id."""
    if not isinstance(thing, Model) or type(thing).__str__ is not Model.__str__:
        return str(thing)
    return f"{capfirst(thing._meta.verbose_name)} …{str(thing.pk)[-12:]}"
