"""Whom a delivery may be about: everyone, or a set that an app above knows, such as the members of a segment.

`partners` knows no segments. Who does adds a provider at start (`AppConfig.ready`). People are asked for anew when the
file is built.
"""

from typing import Protocol
from uuid import UUID

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from cdp.base.errors import Refused
from cdp.base.extension import ExtensionPoint
from profiles.models import Profile


class Provider(Protocol):
    """Audiences of one app, each under a ref."""

    def choices(self) -> list[tuple[UUID, str]]:
        """Its audiences as (ref, words)."""

    def people(self, ref: UUID) -> QuerySet[Profile] | None:
        """Those of one audience; None for a ref that is not its own."""


PROVIDERS: ExtensionPoint[Provider] = ExtensionPoint("partners.sharing.audiences")


class AudienceGone(Refused):
    """The set that was chosen no longer exists."""

    code = "audience_gone"


def choices() -> list[tuple[UUID | None, str]]:
    """All audiences as (ref, words); the ref None means everyone."""
    return [(None, _("Everyone")), *(choice for provider in PROVIDERS for choice in provider.choices())]


def people(ref: UUID | None):
    """The living profiles of an audience, as a queryset."""
    if ref is None:
        return Profile.objects.living()
    for provider in PROVIDERS:
        if (found := provider.people(ref)) is not None:
            return found
    raise AudienceGone(_("The people who were chosen can no longer be found. Ask for the delivery anew."))


def words(ref: UUID | None) -> str:
    """An audience in words."""
    return next((title for found, title in choices() if found == ref), "")
