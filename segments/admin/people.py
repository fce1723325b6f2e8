"""People of a segment, masked; and why one of them is in, or not."""

from uuid import UUID

from django.http import Http404
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from consents.models import Channel, Purpose
from consents.permission.reasons import REASONS
from profiles.models import Profile
from profiles.values import lookup
from profiles.values.display_name import lines
from segments.admin import presenters
from segments.membership import explain, reach
from segments.models import Membership, Segment

PER_PAGE = 25
FLAGS = {
    "not_living": gettext_lazy("Test data or erased"),
    "left_out_by_flag": gettext_lazy("Restricted, or objects to profiling"),
}


def context(segment: Segment, asked) -> dict:
    """People of `?reason=&purpose=&channel=` (none: all members), a page at a time by `?after=`."""
    question = _question(asked)
    after = lookup.profile_id(asked.get("after", ""))
    found = _members(segment, after) if question is None else _answered(segment, question, asked["reason"], after)
    page, more = found[:PER_PAGE], len(found) > PER_PAGE
    shown = lines(page)
    return {
        "title": _("Members of %(segment)s") % {"segment": segment.title},
        "question": _told(question, asked),
        "people": [(profile, *shown[profile]) for profile in page],
        "next": _next(asked, page[-1]) if more else "",
    }


def _question(asked) -> reach.ReachQuestion | None:
    """None where no reason is named. Http404 for a purpose, channel or reason that there is not."""
    if not asked.get("reason"):
        return None
    purpose = Purpose.objects.filter(key=asked.get("purpose", "")).first()
    channel = asked.get("channel", "")
    if purpose is None or channel not in Channel.values or asked["reason"] not in REASONS:
        raise Http404
    return reach.ReachQuestion(purpose, Channel(channel))


def _members(segment, after: UUID | None) -> list[UUID]:
    inside = Membership.objects.filter(segment=segment, left_at=None)
    if after:
        inside = inside.filter(profile__gt=after)
    return list(inside.order_by("profile").values_list("profile_id", flat=True)[: PER_PAGE + 1])


def _answered(segment, question, reason, after: UUID | None) -> list[UUID]:
    return reach.members_with_reason(segment, question, reason=reason, after=after, most=PER_PAGE + 1)


def _told(question, asked) -> str:
    if question is None:
        return _("Everyone who is in now.")
    told = {"purpose": question.purpose, "channel": question.channel.label, "why": REASONS[asked["reason"]]}
    return _("%(purpose)s, %(channel)s: %(why)s") % told


def _next(asked, last: UUID) -> str:
    query = asked.copy()
    query["after"] = str(last)
    return query.urlencode()


def why_context(segment: Segment, asked) -> dict:
    """The explanation for the person whom `?profile=` names: an id, or anything that search understands."""
    text = asked.get("profile", "").strip()
    profile = _found(text) if text else None
    if profile is None or segment.current is None:
        return {"asked": text, "missing": bool(text)}
    told = presenters.told(explain.explain(segment, profile.pk))
    name, contact = lines([profile.pk])[profile.pk]
    theirs = lookup.of_person(profile, "profile")
    return {
        "asked": text,
        "profile": profile,
        "name": name or str(profile),
        "contact": contact,
        "told": told,
        "flags": [FLAGS[code] for code in told["flags"]],
        "intervals": Membership.objects.filter(theirs, segment=segment).order_by("-entered_at")[:10],
    }


def _found(text: str) -> Profile | None:
    """The one person that a text names."""
    people = {profile for found in lookup.find(text) for profile in found.profiles[:2]}
    return people.pop() if len(people) == 1 else None
