"""The builder: one form that posts itself for each edit, with the sentence and the count beside it."""

import json

from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils.text import slugify
from django.utils.translation import gettext as _

from cdp.base.errors import Refused
from cdp.base.numbers import whole
from profiles.models import EventName
from segments import builder, tasks
from segments.builder.widgets import OPERATORS
from segments.language import nodes, parsing
from segments.language.parsing import LIMITS, NotUnderstood
from segments.language.sentence import sentence
from segments.language.vocabulary import EVENT_COLUMNS, Catalogue
from segments.membership import compute, definitions, preview
from segments.models import Segment

MOST_NAMES = 200


class BuilderPages:
    """Mixin of the segment's admin: a new segment, and a new definition of one."""

    def add_view(self, request, form_url="", extra_context=None):
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._build(request, None)

    def define(self, request, key):
        self.demand(request, "segments.change_segment")
        return self._build(request, self._segment(key))

    def _build(self, request, segment: Segment | None):
        catalogue = Catalogue.load()
        document, errors = _posted(request.POST, catalogue) if request.method == "POST" else (_stored(segment), [])
        if request.POST.get("act") == "save" and not errors:
            saved = self._save(request, segment, document)
            if saved:
                return redirect("admin:segments_segment_change", saved.pk)
        template = "builder/parts" if request.POST.get("fragment") else "builder/page"
        return self.page(request, template, **_context(request, segment, document, errors, catalogue))

    def _save(self, request, segment, document) -> Segment | None:
        """Make the definition the one in use, and compute it: at once when that is quick, else in the background."""
        try:
            with transaction.atomic():
                segment = segment or _drafted(request)
                version = definitions.activate(
                    segment, document=document, reason=request.POST.get("reason", ""), by=request.user
                )
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None
        if preview.count(parsing.read(version.definition)).exact:
            compute.refresh(version.segment, by=request.user)
        else:
            tasks.refresh.defer(segment_id=str(segment.pk), by_id=str(request.user.pk))
        messages.success(request, _("Definition v%(number)s is in use.") % {"number": version.number})
        return version.segment


def _drafted(request) -> Segment:
    """A new segment by the title that was given; its key is made of it."""
    title = request.POST.get("title", "").strip()
    key = slugify(title)[:60].strip("-")
    return definitions.draft(key=key, title=title, by=request.user, refresh_minutes=pace(request.POST))


def pace(posted) -> int | None:
    """The minutes of a form; None where it has none: by hand. Raises NotAPace."""
    text = posted.get("refresh_minutes", "").strip()
    minutes = whole(text)
    if text and minutes is None:
        raise definitions.NotAPace
    return minutes


def _stored(segment: Segment | None) -> dict:
    if segment and segment.current:
        return builder.grouped(segment.current.definition)
    return {"v": 1, "zone": None, "rule": {"op": "all", "of": []}}


def _posted(posted, catalogue) -> tuple[dict, list[dict]]:
    """(document, errors of its JSON text): from the JSON view when that was sent, else from the lines."""
    if posted.get("view") != "json":
        return builder.edited(builder.document_from(posted, catalogue), posted.get("act", ""), catalogue), []
    document, errors = _of_text(posted.get("json", ""))
    return (builder.grouped(document) if posted.get("act") == "lines" else document), errors


def _of_text(text: str) -> tuple[dict, list[dict]]:
    empty = _stored(None)
    try:
        document = json.loads(text)
    except ValueError as error:
        return empty, [{"pointer": "", "code": "not_json", "detail": _("This is not JSON: %(why)s") % {"why": error}}]
    if not isinstance(document, dict) or not isinstance(document.get("rule"), dict):
        return empty, [
            {"pointer": "", "code": "no_rule", "detail": _('A definition is {"v": 1, "zone": …, "rule": …}.')}
        ]
    return document, []


def _context(request, segment, document, errors, catalogue) -> dict:
    posted = request.POST
    view = "lines" if posted.get("act") == "lines" else posted.get("view") or request.GET.get("view", "lines")
    told = _told(document, catalogue, counted=posted.get("count") != "off")
    errors = errors or told["errors"]
    tree = builder.line_of(document, catalogue) if view == "lines" else None
    homeless = builder.with_errors(tree, errors) if tree else []
    return told | {
        "segment": segment,
        "title": _("Change the definition") if segment else _("New segment"),
        "question": segment.title if segment else _("Whom do you mean?"),
        "view": view,
        "tree": tree,
        "errors": errors if tree is None else [{"pointer": "", "detail": detail} for detail in homeless],
        "has_errors": bool(errors),
        "text": posted.get("json") if view == "json" and posted.get("view") == "json" else _as_text(document),
        "zone": document.get("zone") or "",
        "posted": posted,
        "live": posted.get("count") != "off",
        "addable": builder.ADDABLE,
        "event_names": _event_names(),
        "properties": list(EVENT_COLUMNS),
        "operators": OPERATORS,
    }


def _event_names() -> list[str]:
    return list(EventName.objects.order_by("name").values_list("name", flat=True).distinct()[:MOST_NAMES])


def _told(document, catalogue, *, counted: bool) -> dict:
    """Sentence and count of a document, or what is wrong with it."""
    used = {"leaves": 0, "most_leaves": LIMITS["leaves"], "sentence": "", "count": None, "errors": []}
    if not document["rule"].get("of", True):
        return used
    try:
        definition = parsing.understand(_zoned(document), catalogue)
    except NotUnderstood as refusal:
        return used | {"errors": refusal.errors}
    return used | {
        "leaves": parsing.leaves(nodes.read(definition.document["rule"])),
        "sentence": sentence(definition, catalogue),
        "count": preview.count(definition, catalogue) if counted else None,
    }


def _zoned(document: dict) -> dict:
    return document if document.get("zone") else {**document, "zone": settings.TIME_ZONE}


def _as_text(document: dict) -> str:
    return parsing.as_text(_zoned(document))
