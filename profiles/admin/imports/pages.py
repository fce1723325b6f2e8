"""What the page of an import shows: its step, and what that step needs."""

import json
from contextlib import closing
from datetime import timedelta

from django.db.models import Count, Min
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from profiles.admin.imports.forms import FormatForm, MappingForm
from profiles.imports.advice import advice
from profiles.imports.files import formats
from profiles.imports.files.formats import Format
from profiles.imports.files.rows import Fault
from profiles.imports.files.storage import UPLOADS
from profiles.imports.mapping import columns, specification
from profiles.imports.run import guards
from profiles.imports.run.purging import KEPT_DAYS
from profiles.models import FileImport, Mapping, Rejection
from profiles.models.sources import ImportState, RowKind

TONES = {
    ImportState.DONE: "good",
    ImportState.FAILED: "bad",
    ImportState.CANCELLED: "quiet",
    ImportState.PAUSED: "warn",
}
REASONS_SHOWN = 12
QUESTIONS = {
    "columns": gettext_lazy("What do its columns mean?"),
    "checking": gettext_lazy("What would happen? Nothing is changed yet."),
    "check": gettext_lazy("Can I load this file safely?"),
    "loading": gettext_lazy("How far is it, what went wrong?"),
    "result": gettext_lazy("What became of its rows?"),
}


def context(file_import: FileImport, request, *, format_form=None, mapping_form=None, rows: str | None = None) -> dict:
    """The context of `admin/profiles/imports/page.html` and `progress.html`."""
    step = _step(file_import, request)
    found = {
        "file_import": file_import,
        "step": step,
        "steps": _steps(step),
        "tone": TONES.get(file_import.state, ""),
        "question": QUESTIONS[step],
        "may_run": request.user.has_perm("profiles.run_fileimport"),
        "may_reveal": request.user.has_perm("profiles.reveal_profile"),
        "purged_on": file_import.created_at + timedelta(days=KEPT_DAYS),
    }
    if step == "columns":
        return found | _columns(file_import, request, format_form, mapping_form, rows)
    if step in {"checking", "loading"}:
        return found | _progress(file_import)
    return found | {
        "classes": _classes(file_import),
        "reasons": _reasons(file_import),
        "left_out": _left_out(file_import),
    }


def _step(file_import: FileImport, request) -> str:
    if file_import.state == ImportState.CHECKED:
        return "check"
    if file_import.state == ImportState.WAITING:
        asked = "checking" in request.GET and not file_import.error
        return "checking" if asked or guards.is_busy(file_import) else "columns"
    if file_import.state in {ImportState.RUNNING, ImportState.PAUSED, ImportState.FAILED}:
        return "loading"
    return "result"


def _steps(step: str) -> list[tuple[str, bool, bool]]:
    """(title, is done, is the present one)"""
    present = {"columns": 1, "checking": 2, "check": 2, "loading": 3, "result": 4}[step]
    titles = [_("File"), _("Columns"), _("Dry run"), _("Load")]
    return [(title, place < present, place == present) for place, title in enumerate(titles)]


# --- Columns ------------------------------------------------------------------------------------------------------


def _columns(file_import: FileImport, request, format_form, form, rows: str | None) -> dict:
    kept = _kept(file_import, request)
    rows = rows or request.GET.get("rows") or (kept.rows if kept else _likely_rows(file_import))
    rows = rows if rows in RowKind.values else RowKind.CUSTOMERS
    form = form or mapping_form(file_import, rows, kept=kept)
    is_csv = file_import.format["kind"] == "csv"
    return {
        "rows": rows,
        "row_kinds": RowKind.choices,
        "kept": kept,
        "mappings": list(file_import.source.mappings.order_by("name")),
        "mapping_form": form,
        "column_rows": [(field, columns.shown(form.samples.get(field.label, []))) for field in form.column_fields()],
        "format_form": (format_form or FormatForm(format=file_import.format)) if is_csv else None,
        "words": _words(file_import) if is_csv else {},
    }


def mapping_form(file_import: FileImport, rows: str, *, kept: Mapping | None = None, data=None) -> MappingForm:
    """Filled by the kept mapping where one is chosen, else by the names of the columns."""
    names = file_import.format["columns"]
    fits = kept is not None and kept.rows == rows
    spec = kept.spec if fits else specification.propose(names, rows=rows)
    beside = rows == RowKind.CUSTOMERS and "consents" in spec  # decisions in rows of people are told as text
    chosen = None if beside else columns.chosen_of(spec)
    event_name = spec.get("event", {}).get("name", "")
    initial = {
        "name": kept.name if fits else RowKind(rows).label.partition(":")[0],
        "event_name": event_name if isinstance(event_name, str) else "",
        "spec": "" if chosen is not None else json.dumps(spec, indent=2, ensure_ascii=False),
    }
    begin = {"chosen": chosen, "constants": columns.constants_of(spec), "initial": initial}
    return MappingForm(data, rows=rows, columns=names, samples=columns.samples(file_import), **begin)


def _kept(file_import: FileImport, request) -> Mapping | None:
    """The mapping that was asked for, else the one it has, else one of this source that fits the columns."""
    own = file_import.source.mappings.all()
    if asked := request.GET.get("mapping"):
        return own.filter(name=asked).first()
    if "rows" in request.GET:
        return None
    return file_import.mapping or next((one for one in own.order_by("-created_at") if _fits(one, file_import)), None)


def _fits(one: Mapping, file_import: FileImport) -> bool:
    return specification.columns_named(one.spec).keys() <= set(file_import.format["columns"])


def _likely_rows(file_import: FileImport) -> str:
    """Events where the columns tell when something happened and what of, else customers."""
    event = specification.propose(file_import.format["columns"], rows=RowKind.EVENTS)["event"]
    tells = "occurred_at" in event and event.keys() & {"order_id", "product_id", "amount", "quantity"}
    return RowKind.EVENTS if tells else RowKind.CUSTOMERS


def _words(file_import: FileImport) -> dict[str, list[str]]:
    with closing(UPLOADS.opened(file_import.stored_as)) as stored:
        return formats.foreign_words(stored, Format.of(file_import.format))


# --- Progress and result --------------------------------------------------------------------------------------------


def _progress(file_import: FileImport) -> dict:
    active = file_import.state in {ImportState.RUNNING, ImportState.WAITING}
    total = file_import.rows_total or 0
    return {
        "active": active,
        "waits": active and not guards.is_busy(file_import),
        "percent": min(100, file_import.rows_done * 100 // total) if total else 0,
        **_pace(file_import, total),
        "reasons": _reasons(file_import),
    }


def _pace(file_import: FileImport, total: int) -> dict:
    """Rows a second and time left, by the time since the start; nothing where there was a pause."""
    if file_import.state != ImportState.RUNNING or not file_import.started_at or not file_import.rows_done:
        return {}
    seconds = max(1.0, (timezone.now() - file_import.started_at).total_seconds())
    pace = file_import.rows_done / seconds
    return {"pace": round(pace), "left": timedelta(seconds=round((total - file_import.rows_done) / pace))}


def _classes(file_import: FileImport) -> list[dict]:
    """What became, or would become, of the rows, each class with its samples."""
    titles = {
        "new": _("New"),
        "updated": _("Updated"),
        "unchanged": _("Unchanged"),
        "rejected": _("Rejected"),
    }
    return [
        {"code": code, "title": title, "count": getattr(file_import, f"rows_{code}"), **_sampled(file_import, code)}
        for code, title in titles.items()
    ]


def _sampled(file_import: FileImport, code: str) -> dict:
    samples = file_import.samples.get(code, [])
    filled = {name for one in samples for name in one["cells"]}
    names = [name for name in file_import.format["columns"] if name in filled]
    lines = [one | {"cells": [one["cells"].get(name, "") for name in names]} for one in samples]
    for line in lines:
        if "code" in line:
            line["detail"] = advice(Fault(line["column"], line["code"], line["detail"]))
    return {"names": names, "lines": lines}


def _reasons(file_import: FileImport) -> list[dict]:
    """Why rows were rejected, the commonest first, with the first row of each."""
    if not file_import.rows_rejected or file_import.state == ImportState.CHECKED:
        return []
    counted = Rejection.objects.filter(file_import=file_import).values("column", "code")
    found = counted.annotate(count=Count("id"), first=Min("row_number"), detail=Min("detail")).order_by("-count")
    return [one | {"advice": advice(Fault(one["column"], one["code"], one["detail"]))} for one in found[:REASONS_SHOWN]]


def _left_out(file_import: FileImport) -> dict[str, int]:
    return file_import.samples.get("left_out", {})
