"""Global search: exact values only, each read in its normal form; results in groups, people as masks."""

from dataclasses import dataclass
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.db.models import Q
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.models import Agreement, Partner
from profiles.models import Event
from profiles.values import lookup
from profiles.values.display_name import lines
from segments.models import Segment

LONGEST = 200
MOST = 10


@dataclass(frozen=True)
class Hit:
    title: str
    hint: str
    link: str


@dataclass(frozen=True)
class Group:
    """What one reading of the text found."""

    title: str
    hits: list[Hit]


def page(request, site):
    """`/admin/search/?q=`: what was found, and as what the text was read."""
    if not request.user.has_perm("profiles.view_profile"):
        raise PermissionDenied
    text = request.GET.get("q", "").replace("\0", "").strip()[:LONGEST]
    read_as, groups = find(text, request.user) if text else ([], [])
    context = {
        **site.each_context(request),
        "title": _("Search"),
        "question": _("Where is this person or thing?"),
        "search_text": text,
        "read_as": read_as,
        "groups": groups,
    }
    return TemplateResponse(request, "admin/search.html", context)


def find(text: str, user) -> tuple[list[tuple[str, str]], list[Group]]:
    """(how the text was read: [(kind, normal form)], groups with at least one hit that `user` may open)."""
    found = lookup.find(text)
    groups = [Group(gettext(one.searched).capitalize(), _people(one.profiles)) for one in found]
    groups += [Group(title, search(text)) for title, search, permission in THINGS if user.has_perm(permission)]
    return [(gettext(one.searched), one.form) for one in found], [group for group in groups if group.hits]


def _people(profiles) -> list[Hit]:
    keys = list(profiles.values_list("pk", flat=True)[:MOST])
    told = lines(keys)
    return [Hit(told[key][0] or f"prf_{key}", told[key][1], _change("profiles_profile", key)) for key in keys]


def _orders(text: str) -> list[Hit]:
    """Events of an order, by its exact number."""
    events = Event.objects.filter(order_id=text).select_related("source", "name").order_by("-id")[:MOST]
    return [Hit(f"{event.order_id}: {event.name}", event.source.title, _event_link(event)) for event in events]


def _event_link(event) -> str:
    if event.profile_id is None:
        return _change("profiles_event", event.pk)
    return _change("profiles_profile", event.profile_id) + "?tab=timeline"


def _agreements(text: str) -> list[Hit]:
    agreements = Agreement.objects.filter(number__iexact=text).select_related("partner")[:MOST]
    return [Hit(str(one), one.partner.public_name, _change("partners_agreement", one.pk)) for one in agreements]


def _partners(text: str) -> list[Hit]:
    named = Q(public_name__istartswith=text) | Q(legal_name__istartswith=text) | Q(key=text.lower())
    return [
        Hit(one.public_name, one.get_status_display(), _change("partners_partner", one.pk))
        for one in Partner.objects.filter(named)[:MOST]
    ]


def _segments(text: str) -> list[Hit]:
    segments = Segment.objects.filter(Q(title__istartswith=text) | Q(key=text.lower()))[:MOST]
    return [Hit(one.title, one.get_state_display(), _change("segments_segment", one.pk)) for one in segments]


#: (title, search, permission): things that are not people, by exact number or the beginning of a name.
THINGS = [
    (_("Orders"), _orders, "profiles.view_event"),
    (_("Agreements"), _agreements, "partners.view_agreement"),
    (_("Partners"), _partners, "partners.view_partner"),
    (_("Segments"), _segments, "segments.view_segment"),
]


def _change(name: str, key: UUID | int) -> str:
    return reverse(f"admin:{name}_change", args=[key])
