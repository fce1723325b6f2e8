"""Destinations, and each run of a segment to one: what left, whom it left out, and who approved."""

from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.forms import ModelForm
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly, NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages, attachment
from cdp.base.errors import Refused
from consents.permission import decision
from consents.permission.reasons import ranked
from consents.permission.rules import question
from profiles.values.display_name import lines
from segments import tasks
from segments.activation import activations, download_check, fields
from segments.language.parsing import read
from segments.language.sentence import sentence
from segments.membership import reach
from segments.models import Activation, ActivationState, Destination, Outcome

SAMPLE = 10
OPEN = (ActivationState.WAITING, ActivationState.APPROVED)
REQUEST, APPROVE = "segments.request_activation", "segments.approve_activation"


class DestinationForm(ModelForm):
    def clean_fields(self):
        """Only what may leave."""
        try:
            fields.refuse_forbidden(self.cleaned_data["fields"])
        except Refused as refusal:
            raise ValidationError(str(refusal), code=refusal.code) from None
        return self.cleaned_data["fields"]


@admin.register(Destination)
class DestinationAdmin(NeverDelete, TrackedAdmin):
    question = gettext_lazy("Where may people be sent: for what, how, and with which fields?")
    form = DestinationForm
    list_display = ["title", "kind", "purpose", "channel", "fields_that_leave", "active"]
    list_select_related = ["purpose"]
    list_filter = ["active"]
    search_fields = ["key__startswith", "title__istartswith"]
    prepopulated_fields = {"key": ["title"]}

    @admin.display(description=gettext_lazy("fields"))
    def fields_that_leave(self, destination):
        return ", ".join(destination.fields)


@admin.register(Activation)
class ActivationAdmin(Pages, LookOnly, HouseAdmin):
    question = gettext_lazy("What exactly left the company, and whom did it leave out?")
    list_display = ["requested_at", "segment", "destination", "state", "members", "sent", "removed", "requested_by",
                    "approved_by"]  # fmt: skip
    list_display_links = ["requested_at"]
    list_select_related = ["segment", "destination", "requested_by", "approved_by"]
    list_filter = ["state"]
    search_fields = ["segment__key__startswith"]
    search_help_text = gettext_lazy("Beginning of the key of a segment")
    sortable_by = ()
    ordering = ["-id"]

    def get_urls(self):
        own = [
            self.post_route("approve", self.approve),
            self.post_route("cancel", self.cancel),
            self.post_route("run", self.run),
            self.post_route("file/<str:name>", self.file),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        self.demand(request)
        one = self._one(object_id)
        people, left_out = outcome(one)
        withheld = download_check.withheld(one) if one.state == ActivationState.DONE else None
        return self.page(
            request,
            "activation",
            title=_("%(segment)s to %(destination)s") % {"segment": one.segment, "destination": one.destination},
            question=_("What exactly leaves the company, and whom does it leave out?"),
            activation=one,
            sentence=sentence(read(one.version.definition)),
            is_open=one.state in OPEN,
            reasons=ranked(left_out),
            sample=lines(people) if request.user.has_perm("profiles.view_profile") else {},
            withheld=withheld,
            goes=one.manifest["files"][0]["name"] if withheld else "",
            may=_rights(request.user, one),
        )

    def approve(self, request, key):
        self.demand(request, APPROVE)
        one = self._one(key)
        approved = self.act(request, _("Approved."), activations.approve, activation=one, by=request.user)
        if approved:
            _start(approved, request.user)
        return redirect("admin:segments_activation_change", key)

    def cancel(self, request, key):
        self.demand(request)
        if not (request.user.has_perm(REQUEST) or request.user.has_perm(APPROVE)):
            raise PermissionDenied
        one, reason = self._one(key), request.POST.get("reason", "")
        if not _rights(request.user, one)["cancel"]:
            raise PermissionDenied
        self.act(request, _("Cancelled."), activations.cancel, activation=one, by=request.user, reason=reason)
        return redirect("admin:segments_activation_change", key)

    def run(self, request, key):
        """Run an approved one now, where its job was lost."""
        self.demand(request, REQUEST)
        one = self._one(key)
        self.act(request, _("Written."), activations.run, activation=one, by=request.user)
        return redirect("admin:segments_activation_change", key)

    def file(self, request, key, name):
        """A file in clear: a personal-data disclosure, logged."""
        self.demand(request)
        if not _may_download(request.user):
            raise PermissionDenied
        one = self._one(key)
        try:
            content = activations.download(one, name, by=request.user, request_id=request.id)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("admin:segments_activation_change", key)
        return attachment(content, f"{one.segment.key}-{name}")

    def _one(self, key) -> Activation:
        related = ("segment", "destination__purpose", "version", "requested_by", "approved_by")
        return self.found(Activation.objects.select_related(*related), pk=key)


def outcome(one: Activation) -> tuple[list[UUID], dict[str, int]]:
    """(some who go, how many are left out by reason): what happened, or while it waits, what would happen now."""
    if one.state not in OPEN:
        sent = one.delivered_people.filter(outcome=Outcome.SENT).values_list("profile", flat=True)
        return list(sent.order_by("id")[:SAMPLE]), one.left_out
    people = reach.members_of(one.segment)
    asked = question(one.destination.purpose.key, one.destination.channel)
    told = decision.count_by_reason(people, asked)
    told.pop("allowed", None)
    may = people.filter(decision.reachable(asked, people=people)).order_by("pk")
    return list(may.values_list("pk", flat=True)[:SAMPLE]), told


def _start(approved: Activation, user) -> None:
    tasks.run_activation.defer(activation_id=str(approved.pk), by_id=str(user.pk))


def _may_download(user) -> bool:
    return user.has_perm(APPROVE) or user.has_perm("profiles.reveal_profile")


def _rights(user, one: Activation) -> dict:
    """What `user` may do here now: the buttons. The verbs ask again."""
    approves, requests = user.has_perm(APPROVE), user.has_perm(REQUEST)
    own = one.requested_by_id == user.pk
    return {
        "approve": approves and not own and one.state == ActivationState.WAITING,
        "cancel": (approves or (own and requests)) and one.state in OPEN,
        "run": requests and one.state == ActivationState.APPROVED,
        "download": one.state == ActivationState.DONE and _may_download(user),
    }
