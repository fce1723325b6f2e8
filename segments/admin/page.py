"""What the page of a segment shows."""

from difflib import SequenceMatcher

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from consents.permission.reasons import ranked
from segments.language.parsing import as_text, read
from segments.language.sentence import sentence
from segments.language.vocabulary import Catalogue
from segments.membership import definitions
from segments.models import Destination, Run, Segment, SegmentState

RUNS_DRAWN = 30
RUNS_LISTED = 8
MOST_VERSIONS = 10


def context(segment: Segment, user) -> dict:
    """The context of `admin/segments/page.html`."""
    catalogue = Catalogue.load()
    runs = list(_runs(segment)[:RUNS_DRAWN])
    return {
        "segment": segment,
        "sentence": segment.current and sentence(read(segment.current.definition), catalogue),
        "document": segment.current and as_text(segment.current.definition),
        "reaches": [(one, ranked(one.left_out)) for one in segment.reaches.select_related("purpose")],
        "runs": runs[:RUNS_LISTED],
        "last_run": next((run for run in runs if run.state == "done"), None),
        "trend": trend(runs),
        "versions": _versions(segment, catalogue),
        "users": definitions.users_of(segment),
        "activations": segment.activations.select_related("destination__purpose", "requested_by", "approved_by")[:10],
        "destinations": Destination.objects.filter(active=True).select_related("purpose"),
        "may": _rights(user, segment),
    }


def _rights(user, segment) -> dict:
    usable = segment.state != SegmentState.ARCHIVED
    return {
        "define": usable and user.has_perm("segments.change_segment"),
        "compute": segment.state == SegmentState.ACTIVE and user.has_perm("segments.refresh_segment"),
        "send": segment.state == SegmentState.ACTIVE and user.has_perm("segments.request_activation"),
        "see_people": user.has_perm("profiles.view_profile"),
    }


def _runs(segment):
    return Run.objects.filter(version__segment=segment).select_related("version", "started_by")


def _versions(segment, catalogue) -> list[dict]:
    """Definitions, newest first, each with what its sentence changed."""
    versions = list(segment.versions.select_related("author")[: MOST_VERSIONS + 1])
    said = [sentence(read(version.definition), catalogue) for version in versions]
    before = [*said, ""][1:]
    told = [
        {"version": version, "changed": difference(old, new) if old else new}
        for version, new, old in zip(versions, said, before, strict=True)
    ]
    return told[:MOST_VERSIONS]


def difference(old: str, new: str) -> SafeString:
    """The words of `new`, with what came and what went since `old`."""
    before, after = old.split(), new.split()
    parts = []
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            parts.append(("{}", " ".join(after[k:m])))
            continue
        if i < j:
            parts.append(('<del class="k-removed">{}</del>', " ".join(before[i:j])))
        if k < m:
            parts.append(('<ins class="k-added">{}</ins>', " ".join(after[k:m])))
    return format_html_join(" ", "{}", ((format_html(pattern, text),) for pattern, text in parts))


def trend(runs: list[Run]) -> SafeString | str:
    """Members over the last runs as columns, oldest first; empty for fewer than two."""
    done = [run for run in reversed(runs) if run.members is not None]
    if len(done) < 2:
        return ""
    width, height, top = 560, 120, max(max(run.members for run in done), 1)
    step = width / len(done)
    bars = (
        (
            f"{place * step:.1f}",
            f"{height - max(run.members / top * height, 1):.1f}",
            f"{max(step - 4, 2):.1f}",
            f"{max(run.members / top * height, 1):.1f}",
            f"{run.as_of:%Y-%m-%d %H:%M}",
            run.members,
        )
        for place, run in enumerate(done)
    )
    columns = format_html_join(
        "", '<rect x="{}" y="{}" width="{}" height="{}" rx="3"><title>{}: {}</title></rect>', bars
    )
    return format_html(
        '<svg class="k-chart" viewBox="0 0 {} {}" role="img" aria-label="{}">{}</svg>',
        width,
        height,
        _("Members over the last %(count)s runs") % {"count": len(done)},
        columns,
    )
