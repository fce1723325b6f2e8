"""Addresses that are never written to: the list, a test of an address, adding one, lifting one with a reason."""

from django.contrib import admin, messages
from django.db.models import F
from django.shortcuts import redirect
from django.urls import path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from cdp.base.admin.modeladmin import HouseAdmin, NeverDelete
from cdp.base.admin.pages import Pages
from cdp.base.errors import Refused
from consents.admin.forms import AddressForm, SuppressionForm
from consents.badges import badge
from consents.models import Suppression
from consents.overrides import suppressions

CHANGE = "consents.change_suppression"


@admin.register(Suppression)
class SuppressionAdmin(Pages, NeverDelete, HouseAdmin):
    question = _("Which addresses do we never write to, and why?")
    list_display = ["created_at", "kind", "reason", "on_channel", "standing", "note", "review_on", "created_by"]
    list_select_related = ["namespace", "created_by"]
    list_filter = ["reason", "channel", ("lifted_at", admin.EmptyFieldListFilter)]
    list_before_template = "admin/consents/suppression/test.html"
    ordering = ["-created_at"]
    sortable_by = []

    def get_queryset(self, request):
        """One row an address; its twins in other namespaces follow it."""
        return super().get_queryset(request).filter(pk=F("entry"))

    def get_urls(self):
        tests = self.admin_site.admin_view(require_POST(self.test))
        own = [path("test/", tests, name="consents_suppression_test"), self.post_route("lift", self.lift)]
        return [*own, *super().get_urls()]

    @admin.display(description=_("kind"))
    def kind(self, row):
        return row.kind

    @admin.display(description=_("channel"))
    def on_channel(self, row):
        return gettext("all channels") if row.channel == "none" else row.get_channel_display()

    @admin.display(description=_("state"))
    def standing(self, row):
        return badge("quiet", gettext("lifted")) if row.lifted_at else badge("bad", gettext("stands"))

    def changelist_view(self, request, extra_context=None):
        return super().changelist_view(request, {"address_form": AddressForm()} | (extra_context or {}))

    def test(self, request):
        """Is this address suppressed? Asked by its digest: the address itself is not kept."""
        self.demand(request)
        form = AddressForm(request.POST)
        if not form.is_valid():
            messages.error(request, gettext("Give an address or a number."))
            return redirect("admin:consents_suppression_changelist")
        try:
            address = form.cleaned_data["namespace"], form.cleaned_data["address"]
            found, acts = suppressions.standing(*address), suppressions.history_of_address(*address)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:consents_suppression_changelist")
        return self.page(
            request,
            "suppression/answer",
            title=gettext("Is this address suppressed?"),
            found=found,
            acts=acts,
            form=form,
            may_lift=request.user.has_perm(CHANGE),
        )

    def add_view(self, request, form_url="", extra_context=None):
        """Never write to this address again."""
        self.demand(request, "consents.add_suppression")
        form = SuppressionForm(request.POST or None)
        if form.is_valid() and self._suppress(request, dict(form.cleaned_data)):
            return redirect("admin:consents_suppression_changelist")
        return self.page(request, "suppression/add", title=gettext("Suppress an address"), form=form)

    def _suppress(self, request, said: dict) -> bool:
        address = (said.pop("namespace"), said.pop("address"))
        done = gettext("Suppressed: nobody writes there any more.")
        made = self.act(request, done, suppressions.suppress, addresses=[address], by=request.user, **said)
        return made is not None  # none is made where the address is suppressed already: that is no refusal

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """One suppression: why, since when, and how it ended."""
        self.demand(request)
        row = self.get_object(request, object_id)
        if row is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        return self.page(
            request,
            "suppression/page",
            title=row.get_reason_display(),
            row=row,
            acts=suppressions.history(row.entry),
            may_lift=request.user.has_perm(CHANGE) and row.lifted_at is None,
        )

    def history_view(self, request, object_id, extra_context=None):
        """What was done about the address of a suppression stands on its page."""
        self.demand(request)
        return redirect("admin:consents_suppression_change", object_id)

    def lift(self, request, key):
        """An officer lets the address be written to again, and says why."""
        self.demand(request, CHANGE)
        row, reason = self.found(Suppression.objects, entry=key), request.POST.get("reason", "")
        self.act(request, gettext("Lifted."), suppressions.lift, entry=row.entry, reason=reason, by=request.user)
        return redirect("admin:consents_suppression_change", row.entry)
