"""What did a partner send, and what of it came in? Upload, what the columns mean, check and load."""

from django.contrib import admin
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.admin.pages import Pages
from consents.badges import badge
from consents.models import Purpose
from partners.admin import agreement_picker, presenters
from partners.admin.forms import InboundUploadForm
from partners.agreements.status import status
from partners.agreements.terms import Terms, serves
from partners.inbound import admission, receive
from partners.models import Direction, InboundFile
from profiles.imports.mapping import specification
from profiles.imports.run import runs
from profiles.imports.run.tasks import run_import
from profiles.models.sources import ImportState

ADD = "partners.add_inboundfile"
OPEN = (ImportState.WAITING, ImportState.CHECKED)
TONES = {"done": "good", "failed": "bad", "cancelled": "bad", "running": "warn", "paused": "warn", "checked": "warn"}
OWN_NUMBER, OBSERVED = "external_id", "observed_at"


@admin.register(InboundFile)
class InboundFileAdmin(Pages, LookOnly, HouseAdmin):
    question = gettext_lazy("What did partners send, and what of it came in?")
    list_display = ["received_at", "partner", "file", "purpose", "stands", "rows_in", "rows_refused", "dropped"]
    list_display_links = ["received_at"]
    list_select_related = ["version__agreement__partner", "file_import", "purpose"]
    list_filter = ["file_import__state", "purpose"]
    search_fields = ["version__agreement__number__istartswith", "version__agreement__partner__public_name__istartswith"]
    search_help_text = gettext_lazy("Beginning of a partner's name or an agreement's number")
    sortable_by = ()
    ordering = ["-id"]

    @admin.display(description=gettext_lazy("partner"))
    def partner(self, row):
        return row.version.agreement.partner

    @admin.display(description=gettext_lazy("file"))
    def file(self, row):
        return row.file_import.file_name

    @admin.display(description=gettext_lazy("state"))
    def stands(self, row):
        return badge(TONES.get(row.file_import.state, "quiet"), row.file_import.get_state_display())

    @admin.display(description=gettext_lazy("rows in"))
    def rows_in(self, row):
        return row.file_import.rows_done - row.file_import.rows_rejected

    @admin.display(description=gettext_lazy("refused"))
    def rows_refused(self, row):
        return row.file_import.rows_rejected

    @admin.display(description=gettext_lazy("columns dropped"))
    def dropped(self, row):
        return len(row.dropped_columns)

    def has_add_permission(self, request, *args):
        return request.user.has_perm(ADD)

    def get_urls(self):
        own = [
            self.post_route("columns", self.columns),
            self.post_route("check", self.try_out),
            self.post_route("load", self.load),
            self.post_route("cancel", self.cancel),
        ]
        return [*own, *super().get_urls()]

    # --- Receiving ------------------------------------------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        """First the agreement, then the file."""
        self.demand(request, ADD)
        agreement = agreement_picker.agreement(request.GET.get("agreement", ""))
        frame = {"title": _("Receive a file"), "question": _("What does a partner send us, and under what?")}
        if agreement is None:
            return self.page(request, "inbound/choose", choices=agreement_picker.open_agreements(Direction.IN), **frame)
        current = status(agreement)
        frame |= {"agreement": agreement, "status": current}
        if not current.allows:
            return self.page(request, "delivery/closed", **frame)
        lines = [line for line in Terms(current.version).lines if serves(line.direction, Direction.IN)]
        purposes = Purpose.objects.filter(pk__in=[line.purpose_id for line in lines])
        form = InboundUploadForm(request.POST or None, request.FILES or None, purposes=purposes)
        if form.is_valid() and (made := self._receive(request, agreement, form.cleaned_data)):
            return redirect("admin:partners_inboundfile_change", made.pk)
        names = presenters.titles()
        fields = [presenters.line(line, names) for line in lines]
        return self.page(request, "inbound/upload", form=form, version=current.version, fields=fields, **frame)

    def _receive(self, request, agreement, given: dict):
        return self.act(
            request,
            _("Received. Look at what its columns mean, then check it."),
            receive.receive,
            agreement=agreement,
            purpose=given["purpose"],
            file=given["file"].file,
            file_name=given["file"].name,
            by=request.user,
            declared={"encoding": given["encoding"]} if given["encoding"] else None,
        )

    # --- One file -------------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        self.demand(request)
        row = self._found(object_id)
        may = request.user.has_perm(ADD)
        return self.page(
            request,
            "inbound/page",
            title=row.file_import.file_name,
            question=_("What of this file comes in?"),
            row=row,
            file_import=row.file_import,
            tone=TONES.get(row.file_import.state, "quiet"),
            agreement=row.version.agreement,
            columns=_columns(row),
            targets=_targets(row) if row.file_import.state in OPEN else [],
            rejections=row.file_import.rejections.order_by("row_number")[:10],
            may={
                "prepare": may and row.file_import.state in OPEN,
                "load": may and row.file_import.state == ImportState.CHECKED,
            },
        )

    def columns(self, request, key):
        """Say what the columns mean, by one choice for each."""
        row = self._open(request, key)
        chosen = {column: request.POST.get(f"column-{place}", "") for place, column in _numbered(row)}
        self.act(request, _("Kept for the next file as well."), receive.describe, row, spec=_spec(chosen))
        return redirect("admin:partners_inboundfile_change", key)

    def try_out(self, request, key):
        row = self._open(request, key)
        self.act(request, _("Checked; nothing is loaded yet."), runs.check, file_import=row.file_import)
        return redirect("admin:partners_inboundfile_change", key)

    def load(self, request, key):
        row = self._open(request, key)
        if self.act(request, _("Loading. This page tells how far it is."), runs.start, file_import=row.file_import):
            transaction.on_commit(lambda: run_import.defer(file_import=str(row.file_import_id)))
        return redirect("admin:partners_inboundfile_change", key)

    def cancel(self, request, key):
        row = self._open(request, key)
        self.act(request, _("Cancelled; the file is deleted."), runs.cancel, file_import=row.file_import)
        return redirect("admin:partners_inboundfile_change", key)

    def _open(self, request, key) -> InboundFile:
        self.demand(request, ADD)
        return self._found(key)

    def _found(self, key) -> InboundFile:
        found = InboundFile.objects.select_related("version__agreement__partner", "file_import__mapping", "purpose")
        return self.found(found.select_related("file_import__source", "received_by"), pk=key)


def _numbered(row: InboundFile) -> list[tuple[int, str]]:
    return list(enumerate(row.file_import.format["columns"]))


def _columns(row: InboundFile) -> list[dict]:
    """Each column of the file with what it means: a target such as `traits.city`, or nothing."""
    meanings = {
        column: target
        for target, cell in _cells(row.file_import.mapping.spec)
        for column in specification.columns_in(cell)
    }
    names = dict(_targets(row, every=True))
    return [
        {"place": place, "name": column, "target": meanings.get(column, ""), "means": names.get(meanings.get(column))}
        for place, column in _numbered(row)
    ]


def _cells(spec: dict):
    """(target, cell) of what a mapping reads; `/traits/city` is the target `traits.city`."""
    for pointer, cell in specification.cells_of(spec):
        yield pointer.strip("/").replace("/", "."), cell


def _targets(row: InboundFile, *, every: bool = False) -> list[tuple[str, str]]:
    """(target, title) of all that a column may mean under the agreement; `every`: whatever the agreement says."""
    names = presenters.titles()
    own = [(OWN_NUMBER, _("The partner's own number of the person")), (OBSERVED, _("When it was collected"))]
    allowed = names if every else admission.fields_in(Terms(row.version), row.purpose)
    attributes = set(presenters.attribute_codes())
    place = {code: "traits" if code in attributes else "identifiers" for code in allowed}
    return own + [(f"{place[code]}.{code}", names.get(code, code)) for code in names if code in place]


def _spec(chosen: dict[str, str]) -> dict:
    """A mapping from one target for each column."""
    spec: dict = {}
    for column, target in chosen.items():
        place, _dot, code = target.partition(".")
        if code:
            spec.setdefault(place, {})[code] = column
        elif target:
            spec[place] = column
    return spec
