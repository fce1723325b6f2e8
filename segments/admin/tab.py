"""The segments of one person, as a tab of their page: where they are now and were before, and what was sent."""

from django.utils.translation import gettext_lazy as _

from profiles.admin.tabs import Panel
from profiles.values.lookup import of_person
from segments.models import DeliveredPerson, Membership

MOST = 50


def context(profile, _request) -> dict:
    """Intervals and delivered people of the person, newest first: under whichever id they stand."""
    theirs = of_person(profile, "profile")
    intervals = Membership.objects.filter(theirs).select_related("segment", "entered_run__version")
    delivered_people = DeliveredPerson.objects.filter(theirs).select_related(
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
)
