"""Files in: can I load this file safely, how far is it, what went wrong?"""

from itertools import chain

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import StreamingHttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt, csrf_protect
from django.views.decorators.http import require_GET

from cdp.base.admin.modeladmin import HouseAdmin, NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from cdp.base.errors import Refused
from profiles.admin.imports import pages
from profiles.admin.imports.forms import FormatForm, ImportUploadForm
from profiles.imports.errors import AlreadyLoaded
from profiles.imports.files.storage import UPLOADS
from profiles.imports.files.uploading import SealingHandler
from profiles.imports.run import guards, rejects, runs, tasks
from profiles.models import FileImport, Mapping
from profiles.models.sources import RowKind

RUN = "profiles.run_fileimport"
#: What may be done with an import by one button: {place in the address: (verb, what is said when it is done)}.
ACTS = {
    "pause": (runs.pause, gettext_lazy("Paused. What is in stays in.")),
    "cancel": (runs.cancel, gettext_lazy("Cancelled. What is in stays in; the file is deleted.")),
}


@admin.register(FileImport)
class ImportAdmin(Pages, NeverDelete, HouseAdmin):
    question = gettext_lazy("Which files came in, and what became of their rows?")
    list_display = ["file_name", "source", "mapping", "state", "rows_done", "rows_rejected", "created_by", "created_at"]
    list_select_related = ["source", "mapping", "created_by"]
    list_filter = ["state", "source"]
    search_fields = ["file_name__istartswith", "sha256__exact"]
    search_help_text = gettext_lazy("Beginning of the file's name, or its SHA-256")

    def get_urls(self):
        own = [
            self.post_route("format", self.format_view),
            self.post_route("columns", self.columns_view),
            self.post_route("change_columns", self.change_columns_view),
            self.post_route("start", self.start_view),
            self.post_route("resume", self.resume_view),
            self.post_route("rejects", self.rejects_view),
            self.route("panel", require_GET(self.panel_view)),
            *(self.post_route(act, self.act_view, act=act) for act in ACTS),
        ]
        return [*own, *super().get_urls()]

    # --- The file -------------------------------------------------------------------------------------------------

    @csrf_exempt  # reading the token reads the body, and then no upload handler can be set; asked in `_upload`
    def add_view(self, request, form_url="", extra_context=None):
        """Step 1. The file is sealed as it arrives."""
        if not (self.has_add_permission(request) and request.user.has_perm(RUN)):
            raise PermissionDenied
        request.upload_handlers = [SealingHandler(request)]
        return self._upload(request)

    @method_decorator(csrf_protect)
    def _upload(self, request):
        form = ImportUploadForm(request.POST or None, request.FILES or None, initial={"party": 1})
        if form.is_valid():
            try:
                return redirect(self._address(self._proposed(form.cleaned_data, request.user)))
            except Refused as refusal:
                form.add_error("file", str(refusal))
        else:
            for upload in request.FILES.values():
                UPLOADS.remove(upload.kept.name)
        return self.page(request, "imports/upload", form=form, title=_("New import"), question=_("Which file came in?"))

    def _proposed(self, data: dict, user) -> FileImport:
        upload = data["file"]
        return runs.propose(
            file=upload.kept, file_name=upload.name, source=data["source"], by=user, party=data["party"]
        )

    # --- The page of an import ------------------------------------------------------------------------------------

    @method_decorator(never_cache)
    def change_view(self, request, object_id, form_url="", extra_context=None):
        file_import = self._found(request, object_id)
        return self._show(request, file_import, pages.context(file_import, request))

    @method_decorator(never_cache)
    def panel_view(self, request, key):
        """The part of the page that shows how far it is, asked for every two seconds."""
        file_import = self._found(request, key)
        return TemplateResponse(request, "admin/profiles/imports/progress.html", pages.context(file_import, request))

    def format_view(self, request, key):
        """Step 2: how the file is written."""
        file_import = self._mine(request, key)
        form = FormatForm(request.POST)
        if not form.is_valid():
            return self._show(request, file_import, pages.context(file_import, request, format_form=form))
        return self._act(request, file_import, _("The file was read again."), runs.describe, declared=form.declared())

    def columns_view(self, request, key):
        """Step 2: what the columns mean; then the dry run begins."""
        file_import = self._mine(request, key)
        rows = request.POST.get("rows", RowKind.CUSTOMERS)
        if rows not in RowKind.values:
            return redirect(self._address(file_import))
        form = pages.mapping_form(file_import, rows, data=request.POST)
        if not form.is_valid():
            return self._show(request, file_import, pages.context(file_import, request, mapping_form=form, rows=rows))
        with transaction.atomic():
            kept = runs.remember_mapping(
                source=file_import.source, name=form.cleaned_data["name"], rows=rows, spec=form.cleaned_spec
            )
            return self._act(request, file_import, "", self._check, mapping=kept, then="?checking=1")

    def change_columns_view(self, request, key):
        """Back from the dry run to step 2."""
        return self._act(request, self._mine(request, key), "", runs.describe)

    @staticmethod
    def _check(*, file_import: FileImport, mapping: Mapping) -> None:
        runs.describe(file_import=file_import, mapping=mapping)
        guards.refuse_unready(file_import)
        tasks.check_import.defer(file_import=str(file_import.pk))

    @method_decorator(transaction.atomic)
    def start_view(self, request, key):
        """Step 4: load it."""
        return self._act(request, self._mine(request, key), "", self._go, begin=runs.start)

    @method_decorator(transaction.atomic)
    def resume_view(self, request, key):
        return self._act(request, self._mine(request, key), "", self._go, begin=runs.resume)

    @staticmethod
    def _go(*, file_import: FileImport, begin) -> None:
        begin(file_import=file_import)
        tasks.run_import.defer(file_import=str(file_import.pk))

    def act_view(self, request, key, act: str):
        verb, done = ACTS[act]
        return self._act(request, self._mine(request, key), done, verb)

    def rejects_view(self, request, key):
        """The rejected rows in clear, as a file that only its reader keeps; a line in the access log tells of it."""
        file_import = self._mine(request, key)
        if not request.user.has_perm("profiles.reveal_profile"):
            raise PermissionDenied
        lines = (line.encode() for line in chain(["\ufeff"], rejects.lines(file_import=file_import, by=request.user)))
        headers = {"Content-Disposition": f'attachment; filename="rejected-{file_import.pk}.csv"'}
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)

    # --- Frame ----------------------------------------------------------------------------------------------------

    def _found(self, request, key) -> FileImport:
        self.demand(request)
        return self.found(FileImport.objects, pk=key)

    def _mine(self, request, key) -> FileImport:
        """An import to be worked on by somebody who may."""
        self.demand(request, RUN)
        return self.found(FileImport.objects, pk=key)

    def _act(self, request, file_import: FileImport, done: str, verb, *, then: str = "", **arguments):
        """Call a verb, say what it did or the sentence with which it refused, and go back to the page."""
        try:
            verb(file_import=file_import, **arguments)
        except AlreadyLoaded as again:
            messages.info(request, str(again))
            runs.cancel(file_import=file_import)
            return redirect(self._address(again.receipt))
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect(self._address(file_import))
        if done:
            messages.success(request, done)
        return redirect(self._address(file_import) + then)

    @staticmethod
    def _address(file_import: FileImport) -> str:
        return reverse("admin:profiles_fileimport_change", args=[file_import.pk])

    def _show(self, request, file_import: FileImport, context: dict) -> TemplateResponse:
        return self.page(request, "imports/page", title=file_import.file_name, original=file_import, **context)


@admin.register(Mapping)
class MappingAdmin(NeverDelete, TrackedAdmin):
    question = gettext_lazy("How are the files of a source read?")
    list_display = ["name", "source", "rows", "created_at"]
    list_select_related = ["source"]
    list_filter = ["rows", "source"]
    search_fields = ["name__istartswith"]
    readonly_fields = ["source", "rows"]

    def has_add_permission(self, request):
        """A mapping is made where its file is seen: in an import."""
        return False
