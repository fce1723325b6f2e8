"""Two numbers, always: members, and those of them who may be reached for a purpose on a channel."""

from dataclasses import dataclass
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from cdp.base.database import statistics
from consents.models import Purpose
from consents.permission import decision
from consents.permission.rules import PermissionQuestion
from consents.permission.rules import question as permission_question
from profiles.models import Profile
from segments.models import Destination, Reach, Segment

#: So many members are decided at once without anybody waiting for it.
NEAR = 2_000


@dataclass(frozen=True)
class ReachQuestion:
    """Reachable for what, and how."""

    purpose: Purpose
    channel: str


def members_of(segment: Segment) -> QuerySet[Profile]:
    """Present members, as profiles."""
    return Profile.objects.filter(memberships__segment=segment, memberships__left_at=None)


def questions() -> list[ReachQuestion]:
    """What the active destinations ask, each once."""
    active = Destination.objects.filter(active=True).select_related("purpose").order_by("purpose__key", "channel")
    return list(dict.fromkeys(ReachQuestion(one.purpose, one.channel) for one in active))


def count(segment: Segment, asked: list[ReachQuestion] | None = None) -> list[Reach]:
    """Count anew for each question (those of the destinations, if none are named), and keep the figures."""
    statistics.analyze_stale_tables()  # the members may have come a moment ago
    return [_count(segment, question) for question in (questions() if asked is None else asked)]


def _count(segment, question: ReachQuestion) -> Reach:
    told = decision.count_by_reason(members_of(segment), _asked(question))
    reachable = told.pop("allowed", 0)
    return keep(segment, question, reachable=reachable, left_out=told)


def keep(segment: Segment, question: ReachQuestion, *, reachable: int, left_out: dict[str, int]) -> Reach:
    """Store the figures of one question, over those of its last count."""
    reach, _made = Reach.objects.update_or_create(
        segment=segment,
        purpose=question.purpose,
        channel=question.channel,
        defaults={
            "members": reachable + sum(left_out.values()),
            "reachable": reachable,
            "left_out": dict(sorted(left_out.items())),
            "counted_at": timezone.now(),
        },
    )
    return reach


def members_with_reason(
    segment: Segment, question: ReachQuestion, *, reason: str, most: int, after: UUID | None = None
) -> list[UUID]:
    """The first `most` members after `after`, in order of id, who have this first reason now ("allowed": no denial).

    Most reasons fill a page from the next few members; only where they do not, all others are decided.
    """
    people = members_of(segment).filter(pk__gt=after) if after else members_of(segment)
    asked = _asked(question)
    edge = people.order_by("pk").values_list("pk", flat=True)[NEAR:].first()
    if edge is None:
        return decision.first_with_reason(people, asked, reason=reason, most=most)
    found = decision.first_with_reason(people.filter(pk__lt=edge), asked, reason=reason, most=most)
    if len(found) < most:
        others = people.filter(pk__gte=edge)
        found += decision.first_with_reason(others, asked, reason=reason, most=most - len(found))
    return found


def _asked(question: ReachQuestion) -> PermissionQuestion:
    return permission_question(question.purpose.key, question.channel)
