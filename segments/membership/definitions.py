"""The life of a segment: made as a draft, given definitions with a reason, archived when nothing uses it."""

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from cdp.base.errors import Refused, once, stated
from segments.language.parsing import LIMITS, Definition, read, understand
from segments.language.vocabulary import Catalogue
from segments.models import Segment, SegmentState, SegmentVersion


class TitleNeeded(Refused):
    """A segment is called something, shortly."""

    code = "title_needed"
    status = 422
    sentence = _("Give the segment a title of at most %(limit)s characters, with letters or digits in it.")


class KeyTaken(Refused):
    """Keys name segments in rules, so each names one."""

    code = "key_taken"
    sentence = _("There is a segment with the key “%(key)s” already.")


class Circular(Refused):
    """The segment would be defined by itself."""

    code = "segment_cycle"
    status = 422
    sentence = _("A segment cannot be part of itself: %(path)s.")


class TooManySteps(Refused):
    """The chain of segments of segments is too long."""

    code = "reference_too_deep"
    status = 422
    sentence = _("At most %(limit)s levels of segments in segments: %(path)s.")


class InUse(Refused):
    """Other segments read this one."""

    code = "segment_in_use"
    sentence = _("The segment is used by: %(users)s.")


class NotAPace(Refused):
    """Nothing is computed more often than every minute."""

    code = "not_a_pace"
    status = 422
    sentence = _("Give whole minutes, at least one; or nothing, to compute by hand.")


class Archived(Refused):
    """An archived segment is not changed and not computed."""

    code = "segment_archived"
    sentence = _("The segment is archived.")


@transaction.atomic
def draft(*, key: str, title: str, by, refresh_minutes: int | None = None) -> Segment:
    """A new segment without a definition; its maker owns it."""
    if not key:
        raise TitleNeeded(limit=LIMITS["title"])
    segment = Segment(key=key, owner=by)
    _describe(segment, title, refresh_minutes)
    with once(KeyTaken(key=key)):
        _keep(segment, by=by, reason="")
    return segment


def _describe(segment: Segment, title: str, refresh_minutes: int | None) -> None:
    if not title.strip() or len(title) > LIMITS["title"]:
        raise TitleNeeded(limit=LIMITS["title"])
    if refresh_minutes is not None and refresh_minutes < 1:
        raise NotAPace
    segment.title, segment.refresh_minutes = title.strip(), refresh_minutes


@transaction.atomic
def activate(segment: Segment, *, document: dict, reason: str, by) -> SegmentVersion:
    """Give `segment` a new definition and put it in use. The same definition again changes nothing."""
    segment = _locked(segment)
    reason = stated(reason, otherwise=_("Say why the definition changes."))
    catalogue = Catalogue.load()
    definition = understand(document, catalogue)
    refuse_cycle(segment.key, definition, catalogue)
    if segment.current and segment.current.definition == definition.document:
        return segment.current
    return _put_in_use(segment, definition, reason=reason, by=by)


def _put_in_use(segment, definition, *, reason, by) -> SegmentVersion:
    last = segment.versions.aggregate(last=Max("number"))["last"] or 0
    version = SegmentVersion.objects.create(
        segment=segment, number=last + 1, definition=definition.document, reason=reason, author=by
    )
    segment.current, segment.state = version, SegmentState.ACTIVE
    if segment.computed_at:
        segment.stale_reason = _("Definition v%(number)s is not computed yet.") % {"number": version.number}
    _keep(segment, by=by, reason=reason)
    return version


def _locked(segment: Segment) -> Segment:
    """The segment as it is now, held: what another act or a run wrote since it was read is not written over."""
    segment = Segment.objects.select_for_update(of=("self",)).select_related("current").get(pk=segment.pk)
    if segment.state == SegmentState.ARCHIVED:
        raise Archived
    return segment


def _keep(segment, *, by, reason: str) -> None:
    """Save with who and why in its history; without a user, the caller of the request is named."""
    if by is not None:
        segment._history_user = by
    segment._change_reason = reason
    segment.save()


@transaction.atomic
def describe(segment: Segment, *, title: str, refresh_minutes: int | None, by) -> None:
    """Call a segment otherwise, or compute it at another pace (None: by hand)."""
    segment = _locked(segment)
    _describe(segment, title, refresh_minutes)
    _keep(segment, by=by, reason="")


@transaction.atomic
def archive(segment: Segment, *, reason: str, by) -> None:
    """Take a segment out of use, and say why; refused while others read it."""
    segment, reason = _locked(segment), stated(reason)
    if users := users_of(segment):
        raise InUse(users=", ".join(user.title for user in users))
    segment.state = SegmentState.ARCHIVED
    _keep(segment, by=by, reason=reason)


def users_of(segment: Segment) -> list[Segment]:
    """Active segments whose definition in use reads `segment`."""
    others = Segment.objects.filter(state=SegmentState.ACTIVE).exclude(pk=segment.pk).select_related("current")
    return [other for other in others if segment.key in read(other.current.definition).references]


def references_of(key: str, catalogue: Catalogue) -> list[str]:
    segment = catalogue.segments.get(key)
    return read(segment.current.definition).references if segment and segment.current else []


def refuse_cycle(key: str, definition: Definition, catalogue: Catalogue) -> None:
    """Raise where `definition`, as that of `key`, would lead back to `key`, or down too many levels."""

    def follow(references, path):
        for reference in references:
            longer = [*path, reference]
            if reference == key:
                raise Circular(path=" → ".join(longer))
            if len(longer) - 1 > LIMITS["references"]:
                raise TooManySteps(limit=LIMITS["references"], path=" → ".join(longer))
            follow(references_of(reference, catalogue), longer)

    follow(definition.references, [key])


def in_order(segments: list[Segment], catalogue: Catalogue) -> list[Segment]:
    """`segments` and all that they read, each after those it reads."""
    ordered: dict[str, Segment] = {}

    def place(key):
        if key in ordered or key not in catalogue.segments:
            return
        for reference in references_of(key, catalogue):
            place(reference)
        ordered[key] = catalogue.segments[key]

    for segment in segments:
        place(segment.key)
    return list(ordered.values())
