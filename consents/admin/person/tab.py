"""The tab of the profile page: purpose by channel, and what is above it."""

from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from consents.overrides import objections, restrictions
from consents.proof import history
from profiles.admin.people.reveal import Sight
from profiles.admin.tabs import Panel


def context(profile, request) -> dict:
    """What the template shows of a present person."""
    moment, objects = timezone.now(), objections.objects(profile.pk)
    standing = history.standing_consents(profile.pk, as_of=moment)
    held = history.addresses(profile.pk, (one.contact_ref for one in standing))
    return {
        "moment": moment,
        "matrix": history.matrix(standing),
        "has_record": bool(standing),
        "addresses": dict(zip(held, Sight(request, profile).read(list(held.values())), strict=True)),
        "objects": objects,
        "reopened": history.reopened(profile.pk) if objects else [],
        "is_restricted": restrictions.is_restricted(profile.pk),
    }


PANEL = Panel(
    key="consents",
    title=_("Consents"),
    template="admin/consents/panel.html",
    context=context,
    permission="consents.view_consentrecord",
)
