"""May we share or use this? The page of an agreement, the writing of its terms, and the acts upon it."""

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages
from cdp.base.errors import Refused
from cdp.base.numbers import whole
from partners.admin import agreement_page, presenters
from partners.admin.forms import AgreementForm, ApprovalForm, LineFormSet, VersionForm, line_values
from partners.agreements import lifecycle
from partners.agreements.status import statuses
from partners.models import Agreement, AgreementVersion, VersionState

#: Acts on an agreement: {place in the address: (verb, what is said when it is done)}; each asks for a reason.
ACTS = {
    "suspend": (lifecycle.suspend, gettext_lazy("Suspended: nothing is exchanged any more.")),
    "resume": (lifecycle.resume, gettext_lazy("The agreement goes on.")),
    "terminate": (lifecycle.terminate, gettext_lazy("Terminated.")),
    "withdraw": (lifecycle.withdraw, gettext_lazy("The draft is withdrawn.")),
}
CHANGE = "partners.change_agreement"


class AgreementList(ChangeList):
    """Knows what each agreement of the page is worth now, at the same cost for one or twenty-five."""

    def get_results(self, request):
        super().get_results(request)
        found = statuses(self.result_list)
        for agreement in self.result_list:
            agreement.worth = found[agreement.pk]


@admin.register(Agreement)
class AgreementAdmin(Pages, NeverDelete, TrackedAdmin):
    question = gettext_lazy("What may be exchanged with whom?")
    list_display = ["number", "partner", "title", "direction", "worth_now", "until"]
    list_select_related = ["partner"]
    list_filter = ["direction", "state", "partner"]
    search_fields = ["number__istartswith", "title__istartswith", "partner__public_name__istartswith"]
    search_help_text = gettext_lazy("Beginning of number, title or partner")

    def get_changelist(self, request, **kwargs):
        return AgreementList

    @admin.display(description=gettext_lazy("now"))
    def worth_now(self, agreement):
        return presenters.badge(agreement.worth.code, presenters.STATUS[agreement.worth.code])

    @admin.display(description=gettext_lazy("until"))
    def until(self, agreement):
        return agreement.worth.version and agreement.worth.version.valid_until

    def get_urls(self):
        own = [
            self.route("edit/<int:number>", self.edit),
            self.post_route("new-version", self.new_version),
            self.post_route("propose", self.propose),
            self.post_route("approve", self.approve),
            self.post_route("send-back", self.send_back),
            self.post_route("activate", self.activate),
            self.post_route("act/<slug:name>", self.stop),
        ]
        return [*own, *super().get_urls()]

    # --- The page -------------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """May we share or use this?"""
        self.demand(request)
        agreement = self._found(object_id)
        number = request.GET.get("version", "")
        context = agreement_page.context(agreement, request.user, whole(number))
        if context is None:
            raise Http404
        return self.page(
            request,
            "agreement/page",
            title=f"{agreement.number} · {agreement.title}",
            question=_("May we share or use this?"),
            **context,
        )

    def _found(self, key) -> Agreement:
        return self.found(Agreement.objects.select_related("partner", "owner"), pk=key)

    # --- Writing --------------------------------------------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        """A new agreement with its first version, as a draft."""
        if not self.has_add_permission(request):
            raise PermissionDenied
        return self._write(request, None, _("New agreement"))

    def edit(self, request, key, number: int):
        """The terms of a draft, for its author."""
        self.demand(request, CHANGE)
        version = self.found(AgreementVersion.objects, agreement=key, number=number, state=VersionState.DRAFT)
        if version.author_id != request.user.pk:
            messages.error(request, str(lifecycle.NotTheAuthor()))
            return self._back(key, number)
        return self._write(request, version, _("Terms of version %(number)s") % {"number": number})

    def _write(self, request, version, title):
        names = presenters.titles()
        given = request.POST if request.method == "POST" else None
        frame = None if version else AgreementForm(given, initial={"partner": request.GET.get("partner")})
        terms = VersionForm(given, instance=version)
        lines = LineFormSet(given, initial=line_values(version), prefix="lines", form_kwargs={"names": names})
        forms = [form for form in (frame, terms, lines) if form is not None]
        wrong = [form for form in forms if not form.is_valid()]
        if given is not None and not wrong and (saved := self._save(request, version, frame, terms, lines)):
            return self._back(saved.agreement_id, saved.number)
        context = {"version": version, "frame": frame, "terms": terms, "lines": lines}
        return self.page(request, "agreement/edit", title=title, question=_("What shall be permitted?"), **context)

    def _save(self, request, version, frame, terms, lines):
        values = {name: terms.cleaned_data[name] for name in lifecycle.TERMS}
        found = [line for form in lines if (line := form.line())]
        purposes = terms.cleaned_data["purposes"]
        if version:
            verb, place = lifecycle.revise, {"version": version}
        else:
            verb, place = lifecycle.draft, frame.cleaned_data
        try:
            with transaction.atomic():
                return verb(**place, purposes=purposes, lines=found, by=request.user, **values)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return None

    # --- Acts -----------------------------------------------------------------------------------------------------

    def new_version(self, request, key):
        self.demand(request, CHANGE)
        made = self.act(request, _("A draft to change."), lifecycle.new_version, self._found(key), by=request.user)
        return redirect("admin:partners_agreement_edit", key, made.number) if made else self._back(key)

    def propose(self, request, key):
        self.demand(request, CHANGE)
        version = self._version(request, key)
        self.act(request, _("Proposed: two others approve it now."), lifecycle.propose, version, by=request.user)
        return self._back(key, version.number)

    def approve(self, request, key):
        self.demand(request)
        version, form = self._version(request, key), ApprovalForm(request.POST)
        if form.is_valid():
            self.act(request, _("Approved."), lifecycle.approve, version, by=request.user, **form.cleaned_data)
        else:
            messages.error(request, " ".join(error for errors in form.errors.values() for error in errors))
        return self._back(key, version.number)

    def send_back(self, request, key):
        self._demand_a_say(request)
        version, reason = self._version(request, key), request.POST.get("reason", "")
        done = _("Sent back: it is a draft again.")
        self.act(request, done, lifecycle.send_back, version, by=request.user, reason=reason)
        return self._back(key, version.number)

    def activate(self, request, key):
        self._demand_a_say(request)
        version = self._version(request, key)
        self.act(request, _("In force as agreed."), lifecycle.activate, version, by=request.user)
        return self._back(key, version.number)

    def stop(self, request, key, name: str):
        """Suspend, resume, terminate or withdraw the agreement."""
        self._demand_a_say(request)
        if name not in ACTS:
            raise Http404
        verb, done = ACTS[name]
        self.act(request, done, verb, self._found(key), by=request.user, reason=request.POST.get("reason", ""))
        return self._back(key)

    def _demand_a_say(self, request) -> None:
        """The right to act on an agreement: of who keeps it, and of who approves it in either capacity."""
        self.demand(request)
        if not (self.has_change_permission(request) or agreement_page.capacities(request.user)):
            raise PermissionDenied

    def _version(self, request, key) -> AgreementVersion:
        number = request.POST.get("version", "")
        return self.found(AgreementVersion.objects, agreement=key, number=number or 0)

    @staticmethod
    def _back(key, number=None):
        answer = redirect("admin:partners_agreement_change", key)
        if number:
            answer["Location"] += f"?version={number}"
        return answer
