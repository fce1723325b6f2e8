"""Whom a delivery may be about: everyone, or a set that an app above knows, such as the members of a segment.

`partners` knows no segments. Who does registers a provider at start (`AppConfig.ready`):

    audiences.register(segments_as_audiences)

A provider has `choices()` -> [(ref, words)] and `people(ref)` -> a queryset of Profile, or None for a ref that is
not its own. People are asked for anew when the file is built.
"""

from uuid import UUID

from django.utils.translation import gettext as _

from cdp.base.errors import Refused
from profiles.models import Profile

_providers = []


class AudienceGone(Refused):
    """The set that was chosen no longer exists."""

    code = "audience_gone"


def register(provider) -> None:
    """Add a provider of audiences; once is enough."""
    if provider not in _providers:
        _providers.append(provider)


def choices() -> list[tuple[UUID | None, str]]:
    """All audiences as (ref, words); the ref None means everyone."""
    return [(None, _("Everyone")), *(choice for provider in _providers for choice in provider.choices())]


def people(ref: UUID | None):
    """The living profiles of an audience, as a queryset."""
    if ref is None:
        return Profile.objects.living()
    for provider in _providers:
        if (found := provider.people(ref)) is not None:
            return found
    raise AudienceGone(_("The people who were chosen can no longer be found. Ask for the delivery anew."))


def words(ref: UUID | None) -> str:
    """An audience in words."""
    return next((title for found, title in choices() if found == ref), "")
