"""The segments of one person, as a tab of their page: where they are now and were before, and what was sent."""

from django.utils.translation import gettext_lazy as _

from profiles.admin.tabs import Panel
from segments.models import DeliveredPerson, Membership

MOST = 50


def context(profile, _request) -> dict:
    """Intervals and delivered_people of `profile`, newest first."""
    intervals = Membership.objects.filter(profile=profile).select_related("segment", "entered_run__version")
    delivered_people = DeliveredPerson.objects.filter(profile=profile.pk).select_related(
        "activation__segment", "activation__destination"
    )
    return {
        "intervals": intervals.order_by("-entered_at")[:MOST],
        "delivered_people": delivered_people.order_by("-id")[:MOST],
    }


PANEL = Panel(
    key="segments",
    title=_("Segments"),
    template="admin/segments/panel.html",
    context=context,
    permission="segments.view_segment",
    order=50,
)
