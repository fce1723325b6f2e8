"""What exactly leaves the company? Asking for a delivery with its preview, approving it, and handing it over."""

from contextlib import suppress
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from procrastinate.exceptions import AlreadyEnqueued

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.admin.pages import Pages, attachment
from consents.models import Purpose
from consents.permission.reasons import ranked
from partners import tasks
from partners.admin import agreement_picker, presenters
from partners.admin.forms import RequestForm
from partners.agreements.status import status
from partners.agreements.terms import IN_FILES, Column, Terms, serves
from partners.models import Delivery, DeliveryState, Direction
from partners.models.exchange import WRITTEN_STATES
from partners.transfers import deliveries

STEPS = [
    ("planned", gettext_lazy("Asked for")),
    ("approved", gettext_lazy("Approved")),
    ("ready", gettext_lazy("Built")),
    ("sent", gettext_lazy("Handed over")),
]
ORDER = [code for code, _words in STEPS]
REQUEST, APPROVE = "partners.request_delivery", "partners.approve_delivery"


@admin.register(Delivery)
class DeliveryAdmin(Pages, LookOnly, HouseAdmin):
    question = gettext_lazy("What left the company, to whom, and who was left out?")
    list_display = ["requested_at", "partner", "agreement", "purpose", "audience", "stands", "planned", "sent"]
    list_display_links = ["requested_at"]
    list_select_related = ["version__agreement__partner", "purpose"]
    list_filter = ["state", "purpose"]
    search_fields = ["version__agreement__number__istartswith", "version__agreement__partner__public_name__istartswith"]
    search_help_text = gettext_lazy("Beginning of a partner's name or an agreement's number")
    sortable_by = ()
    ordering = ["-id"]

    @admin.display(description=gettext_lazy("partner"))
    def partner(self, delivery):
        return delivery.version.agreement.partner

    @admin.display(description=gettext_lazy("agreement"))
    def agreement(self, delivery):
        return delivery.version.agreement.number

    @admin.display(description=gettext_lazy("state"))
    def stands(self, delivery):
        return presenters.badge(delivery.state, delivery.get_state_display())

    def has_add_permission(self, request, *args):
        return request.user.has_perm(REQUEST)

    def get_urls(self):
        own = [
            self.post_route("approve", self.approve),
            self.post_route("cancel", self.cancel),
            self.post_route("build", self.build),
            self.post_route("file", self.file),
        ]
        return [*own, *super().get_urls()]

    # --- Asking ---------------------------------------------------------------------------------------------------

    def add_view(self, request, form_url="", extra_context=None):
        """First the agreement, then what of whom, with a preview before it is asked for."""
        self.demand(request, REQUEST)
        agreement = agreement_picker.agreement(request.GET.get("agreement", ""))
        frame = {"title": _("Ask for a delivery"), "question": _("What exactly leaves the company?")}
        if agreement is None:
            return self.page(
                request, "delivery/choose", choices=agreement_picker.open_agreements(Direction.OUT), **frame
            )
        current = status(agreement)
        frame |= {"agreement": agreement, "status": current}
        if not current.allows:
            return self.page(request, "delivery/closed", **frame)
        form, preview = self._asked(request, agreement, current.version)
        if request.method == "POST" and preview and "request" in request.POST:
            made = self._request(request, agreement, form)
            if made:
                return redirect("admin:partners_delivery_change", made.pk)
        return self.page(request, "delivery/request", form=form, preview=preview, version=current.version, **frame)

    def _asked(self, request, agreement, version):
        """The form, and the preview of what it asks for once that is complete."""
        names, terms = presenters.titles(), Terms(version)
        purposes = Purpose.objects.filter(pk__in=[line.purpose_id for line in _lines_out(terms)])
        columns = sorted({str(Column(line.field, line.form)) for line in _lines_out(terms)})
        choices = [(text, presenters.column(text, names)) for text in columns]
        form = RequestForm(request.POST or None, purposes=purposes, columns=choices)
        return form, _preview(agreement, form.cleaned_data, names) if form.is_valid() else None

    def _request(self, request, agreement, form):
        asked = form.cleaned_data
        return self.act(
            request,
            _("Asked for. Somebody else approves it now."),
            deliveries.request_delivery,
            agreement=agreement,
            purpose=asked["purpose"],
            columns=asked["columns"],
            audience_ref=_ref(asked["audience"]),
            by=request.user,
        )

    # --- One delivery ---------------------------------------------------------------------------------------------

    def change_view(self, request, object_id, form_url="", extra_context=None):
        self.demand(request)
        delivery = self._found(object_id)
        names = presenters.titles()
        withheld = deliveries.withheld(delivery) if delivery.state in WRITTEN_STATES else None
        return self.page(
            request,
            "delivery/page",
            title=_("Delivery to %(partner)s") % {"partner": delivery.version.agreement.partner},
            question=_("What exactly leaves the company?"),
            delivery=delivery,
            agreement=delivery.version.agreement,
            tone=presenters.TONES.get(delivery.state, "quiet"),
            steps=_steps(delivery),
            columns=[presenters.column(text, names) for text in delivery.fields],
            reasons=ranked(delivery.left_out),
            left_out=sum(delivery.left_out.values()),
            withheld=withheld,
            may=_rights(delivery, request.user),
        )

    def approve(self, request, key):
        self.demand(request, APPROVE)
        if self.act(
            request, _("Approved; the file is built now."), deliveries.approve, self._found(key), by=request.user
        ):
            transaction.on_commit(_build_soon)
        return redirect("admin:partners_delivery_change", key)

    def cancel(self, request, key):
        self.demand(request)
        delivery = self._found(key)
        if not _rights(delivery, request.user)["cancel"]:
            raise PermissionDenied
        reason = request.POST.get("reason", "")
        self.act(request, _("Cancelled."), deliveries.cancel, delivery, by=request.user, reason=reason)
        return redirect("admin:partners_delivery_change", key)

    def build(self, request, key):
        """Build an approved file now, where the worker has not done it yet."""
        self.demand(request, APPROVE)
        self.act(request, _("The file is built."), deliveries.build, self._found(key), by=request.user)
        return redirect("admin:partners_delivery_change", key)

    def file(self, request, key):
        """Hand the file over: an opening of the vault, for whoever may approve deliveries."""
        self.demand(request, APPROVE)
        delivery = self._found(key)
        done = _("The download is in the access log.")
        content = self.act(request, done, deliveries.download, delivery, by=request.user, request_id=request.id)
        if content is None:
            return redirect("admin:partners_delivery_change", key)
        return attachment(content, f"{delivery.version.agreement.number}-{delivery.built_at:%Y%m%d-%H%M}.csv")

    def _found(self, key) -> Delivery:
        found = Delivery.objects.select_related("version__agreement__partner", "purpose", "requested_by", "approved_by")
        return self.found(found, pk=key)


def _build_soon() -> None:
    with suppress(AlreadyEnqueued):  # one job builds all that is approved
        tasks.build_approved.defer()


def _lines_out(terms: Terms) -> list:
    """The lines that a file of rows can hold."""
    return [line for line in terms.lines if serves(line.direction, Direction.OUT) and line.form in IN_FILES]


def _preview(agreement, asked: dict, names) -> dict:
    """Counts, reasons and ten masked rows of what is asked for."""
    wanted = {"agreement": agreement, "purpose": asked["purpose"], "columns": asked["columns"]}
    ruling = deliveries.preview(**wanted, audience_ref=_ref(asked["audience"]))
    return {
        "ruling": ruling,
        "allowed": len(ruling.allowed),
        "left_out": sum(ruling.left_out.values()),
        "reasons": ranked(ruling.left_out),
        "columns": [presenters.column(text, names) for text in asked["columns"]],
        "rows": deliveries.sample(ruling, **wanted),
    }


def _ref(text: str) -> UUID | None:
    return UUID(text) if text else None


def _steps(delivery: Delivery) -> list[dict]:
    """The way of a delivery, each step done, present or to come."""
    place = {"building": 1}.get(delivery.state, ORDER.index(delivery.state) if delivery.state in ORDER else -1)
    return [
        {"words": words, "done": number <= place, "present": number == place + 1 and place >= 0}
        for number, (_code, words) in enumerate(STEPS)
    ]


def _rights(delivery: Delivery, user) -> dict:
    """What `user` may do here now: the buttons. The verbs ask again."""
    open_states = (DeliveryState.PLANNED, DeliveryState.APPROVED)
    approves, own = user.has_perm(APPROVE), delivery.requested_by_id == user.pk
    return {
        "approve": approves and not own and delivery.state == DeliveryState.PLANNED,
        "is_own": own and delivery.state == DeliveryState.PLANNED,
        "build": approves and delivery.state == DeliveryState.APPROVED,
        "cancel": (approves or (own and user.has_perm(REQUEST))) and delivery.state in open_states,
        "download": approves and delivery.state in WRITTEN_STATES,
    }
