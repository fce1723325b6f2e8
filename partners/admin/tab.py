"""Who got this person's data: the tab that partners add to the profile page."""

from django.utils.translation import gettext_lazy as _

from partners.admin import presenters
from partners.models import DisclosureLink
from profiles.admin.tabs import Panel
from profiles.models import Record
from profiles.models.sources import Party
from profiles.values.lookup import of_person

LISTED = 50


def context(profile, request) -> dict:
    """What went out of this person, newest first, and which partners told us something."""
    links = DisclosureLink.objects.filter(of_person(profile, "identity_ref")).order_by("-entry_id")
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


PANEL = Panel(
    key="shares",
    title=_("Shares"),
    template="admin/partners/panel.html",
    context=context,
    permission="partners.view_disclosureentry",
)
