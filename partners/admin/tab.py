"""Who got this person's data: the tab that partners add to the profile page."""

from partners.admin import presenters
from partners.models import DisclosureLink
from profiles.models import Record, SourceIdentity
from profiles.models.sources import Party

LISTED = 50


def context(profile, request) -> dict:
    """What went out of this person, newest first, and which partners told us something."""
    identities = SourceIdentity.objects.filter(profile=profile).values("pk")
    links = DisclosureLink.objects.filter(identity_ref__in=identities).order_by("-entry_id")
    found = links.select_related("entry__delivery__version__agreement__partner", "entry__delivery__purpose")
    names = presenters.titles()
    told = (
        Record.objects.filter(identity__profile=profile, party=Party.SECOND)
        .select_related("source")
        .order_by("-received_at")
    )
    return {
        "shares": [_share(link, names) for link in found[:LISTED]],
        "told": [(record.source.title, record.received_at) for record in told[:LISTED]],
    }


def _share(link: DisclosureLink, names: dict[str, str]) -> dict:
    delivery = link.entry.delivery
    return {
        "delivery": delivery,
        "entry": link.entry,
        "agreement": delivery.version.agreement,
        "fields": [presenters.column(text, names) for text in delivery.fields],
    }
