"""What the page of an import shows: its step, and what that step needs."""

import json
from contextlib import closing
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.admin.import_forms import FormatForm, MappingForm
from profiles.imports import columns, formats, guards, mapping
from profiles.imports.files import UPLOADS
from profiles.imports.formats import Format
from profiles.imports.problems import advice
from profiles.imports.rejects import KEPT_DAYS
from profiles.imports.rows import Fault
from profiles.models import Batch, Mapping, Rejection
from profiles.models.sources import BatchState, RowKind

TONES = {BatchState.DONE: "good", BatchState.FAILED: "bad", BatchState.CANCELLED: "quiet", BatchState.PAUSED: "warn"}
REASONS_SHOWN = 12
QUESTIONS = {
    "columns": gettext_lazy("What do its columns mean?"),
    "checking": gettext_lazy("What would happen? Nothing is changed yet."),
    "check": gettext_lazy("Can I load this file safely?"),
    "loading": gettext_lazy("How far is it, what went wrong?"),
    "result": gettext_lazy("What became of its rows?"),
}


def context(batch: Batch, request, *, format_form=None, mapping_form=None, rows: str | None = None) -> dict:
    """The context of `admin/profiles/imports/page.html` and `progress.html`."""
    step = _step(batch, request)
    found = {
        "batch": batch,
        "step": step,
        "steps": _steps(step),
        "tone": TONES.get(batch.state, ""),
        "question": QUESTIONS[step],
        "may_run": request.user.has_perm("profiles.run_batch"),
        "may_reveal": request.user.has_perm("profiles.reveal_profile"),
        "purged_on": batch.created_at + timedelta(days=KEPT_DAYS),
    }
    if step == "columns":
        return found | _columns(batch, request, format_form, mapping_form, rows)
    if step in {"checking", "loading"}:
        return found | _progress(batch)
    return found | {"classes": _classes(batch), "reasons": _reasons(batch), "left_out": _left_out(batch)}


def _step(batch: Batch, request) -> str:
    if batch.state == BatchState.CHECKED:
        return "check"
    if batch.state == BatchState.WAITING:
        asked = "checking" in request.GET and not batch.error
        return "checking" if asked or guards.is_busy(batch) else "columns"
    if batch.state in {BatchState.RUNNING, BatchState.PAUSED, BatchState.FAILED}:
        return "loading"
    return "result"


def _steps(step: str) -> list[tuple[str, bool, bool]]:
    """(title, is done, is the present one)"""
    present = {"columns": 1, "checking": 2, "check": 2, "loading": 3, "result": 4}[step]
    titles = [_("File"), _("Columns"), _("Dry run"), _("Load")]
    return [(title, place < present, place == present) for place, title in enumerate(titles)]


# --- Columns ------------------------------------------------------------------------------------------------------


def _columns(batch: Batch, request, format_form, form, rows: str | None) -> dict:
    kept = _kept(batch, request)
    rows = rows or request.GET.get("rows") or (kept.rows if kept else _likely_rows(batch))
    rows = rows if rows in RowKind.values else RowKind.CUSTOMERS
    form = form or mapping_form(batch, rows, kept=kept)
    is_csv = batch.format["kind"] == "csv"
    return {
        "rows": rows,
        "row_kinds": RowKind.choices,
        "kept": kept,
        "mappings": list(batch.source.mappings.order_by("name")),
        "mapping_form": form,
        "column_rows": [(field, columns.shown(form.samples.get(field.label, []))) for field in form.column_fields()],
        "format_form": (format_form or FormatForm(format=batch.format)) if is_csv else None,
        "words": _words(batch) if is_csv else {},
    }


def mapping_form(batch: Batch, rows: str, *, kept: Mapping | None = None, data=None) -> MappingForm:
    """Filled by the kept mapping where one is chosen, else by the names of the columns."""
    names = batch.format["columns"]
    fits = kept is not None and kept.rows == rows
    spec = kept.spec if fits else mapping.propose(names, rows=rows)
    beside = rows == RowKind.CUSTOMERS and "consents" in spec  # decisions in rows of people are told as text
    chosen = None if beside else columns.chosen_of(spec)
    event_name = spec.get("event", {}).get("name", "")
    initial = {
        "name": kept.name if fits else RowKind(rows).label.partition(":")[0],
        "event_name": event_name if isinstance(event_name, str) else "",
        "spec": "" if chosen is not None else json.dumps(spec, indent=2, ensure_ascii=False),
    }
    begin = {"chosen": chosen, "constants": columns.constants_of(spec), "initial": initial}
    return MappingForm(data, rows=rows, columns=names, samples=columns.samples(batch), **begin)


def _kept(batch: Batch, request) -> Mapping | None:
    """The mapping that was asked for, else the one it has, else one of this source that fits the columns."""
    own = batch.source.mappings.all()
    if asked := request.GET.get("mapping"):
        return own.filter(name=asked).first()
    if "rows" in request.GET:
        return None
    return batch.mapping or next((one for one in own.order_by("-created_at") if _fits(one, batch)), None)


def _fits(one: Mapping, batch: Batch) -> bool:
    return mapping.columns_named(one.spec).keys() <= set(batch.format["columns"])


def _likely_rows(batch: Batch) -> str:
    """Events where the columns tell when something happened and what of, else customers."""
    event = mapping.propose(batch.format["columns"], rows=RowKind.EVENTS)["event"]
    tells = "occurred_at" in event and event.keys() & {"order_id", "product_id", "amount", "quantity"}
    return RowKind.EVENTS if tells else RowKind.CUSTOMERS


def _words(batch: Batch) -> dict[str, list[str]]:
    with closing(UPLOADS.opened(batch.stored_as)) as stored:
        return formats.foreign_words(stored, Format.of(batch.format))


# --- Progress and result --------------------------------------------------------------------------------------------


def _progress(batch: Batch) -> dict:
    active = batch.state in {BatchState.RUNNING, BatchState.WAITING}
    total = batch.rows_total or 0
    return {
        "active": active,
        "waits": active and not guards.is_busy(batch),
        "percent": min(100, batch.rows_done * 100 // total) if total else 0,
        **_pace(batch, total),
        "reasons": _reasons(batch),
    }


def _pace(batch: Batch, total: int) -> dict:
    """Rows a second and time left, by the time since the start; nothing where there was a pause."""
    if batch.state != BatchState.RUNNING or not batch.started_at or not batch.rows_done:
        return {}
    seconds = max(1.0, (timezone.now() - batch.started_at).total_seconds())
    pace = batch.rows_done / seconds
    return {"pace": round(pace), "left": timedelta(seconds=round((total - batch.rows_done) / pace))}


def _classes(batch: Batch) -> list[dict]:
    """What became, or would become, of the rows, each class with its samples."""
    titles = {
        "new": _("New"),
        "updated": _("Updated"),
        "unchanged": _("Unchanged"),
        "rejected": _("Rejected"),
    }
    return [
        {"code": code, "title": title, "count": getattr(batch, f"rows_{code}"), **_sampled(batch, code)}
        for code, title in titles.items()
    ]


def _sampled(batch: Batch, code: str) -> dict:
    samples = batch.samples.get(code, [])
    filled = {name for one in samples for name in one["cells"]}
    names = [name for name in batch.format["columns"] if name in filled]
    lines = [one | {"cells": [one["cells"].get(name, "") for name in names]} for one in samples]
    for line in lines:
        if "code" in line:
            line["detail"] = advice(Fault(line["column"], line["code"], line["detail"]))
    return {"names": names, "lines": lines}


def _reasons(batch: Batch) -> list[dict]:
    """Why rows were rejected, the commonest first, with the first row of each."""
    if not batch.rows_rejected or batch.state == BatchState.CHECKED:
        return []
    counted = Rejection.objects.filter(batch=batch).values("column", "code")
    found = counted.annotate(count=Count("id"), first=Min("row_number"), detail=Min("detail")).order_by("-count")
    return [one | {"advice": advice(Fault(one["column"], one["code"], one["detail"]))} for one in found[:REASONS_SHOWN]]


def _left_out(batch: Batch) -> dict[str, int]:
    return batch.samples.get("left_out", {})
