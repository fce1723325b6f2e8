"""A definition in words, made from the document and never typed."""

from django.conf import settings
from django.utils.translation import gettext as _

from segments.language.parsing import Definition
from segments.language.vocabulary import Catalogue


def sentence(definition: Definition, catalogue: Catalogue | None = None) -> str:
    """One sentence in the language in use. Two different definitions never share one."""
    said = _("People %(clause)s.") % {"clause": definition.rule.clause(catalogue or Catalogue.load())}
    if definition.zone.key != settings.TIME_ZONE:
        said += " " + _("Days are counted in %(zone)s.") % {"zone": definition.zone.key}
    return said
