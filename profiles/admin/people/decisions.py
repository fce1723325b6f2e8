"""What a steward decides on the pages of people. Each act calls a verb of `profiles.identity.steward_decisions` and
shows its answer."""

from datetime import datetime, time

from django import forms
from django.contrib import admin, messages
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from cdp.base.admin.pages import Pages
from profiles.admin.people import person
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import change_url, profile_link
from profiles.admin.people.reveal import Sight
from profiles.identity import steward_decisions
from profiles.identity.partition import Reason
from profiles.models import Attribute, Profile, Record, RefusedLink, SourceIdentity, StewardDecision
from profiles.values.display_name import lines

PERMISSION = "profiles.decide_identity"
#: Why two who share an identifier were not joined, for `profiles.identity.partition.Reason`.
WORDS = {
    Reason.NOT_SAME: _("a steward said that they are two people"),
    Reason.BORROWED: _("data of a partner or supplier may join one of our own people, and never two"),
    Reason.ANCHORS_DIFFER: _("their customer numbers, logins or national ids differ"),
    Reason.TOO_MANY: _("together they would have more identifiers than one person may"),
    Reason.OUTSIDE_WINDOW: _("they used it too long apart"),
    Reason.BIRTH_DATES_DIFFER: _("their dates of birth differ"),
    Reason.NAMES_DIFFER: _("their names differ"),
    Reason.TWO_PEOPLE: _("it is used by several people, and nothing else says that these two are one"),
    Reason.FROZEN: _("one of them has so many records that no more are let in"),
}


class PinForm(forms.Form):
    """Until which day a value stands; without one, until somebody says otherwise."""

    until = forms.DateField(required=False)

    def clean_until(self) -> datetime | None:
        until = self.cleaned_data["until"]
        if until is None:
            return None
        if until <= timezone.localdate():
            raise forms.ValidationError(_("Give a day that is still to come, or none."))
        return timezone.make_aware(datetime.combine(until, time()))


class DecisionPages(Pages):
    """Mixin of the admin of people: the acts of a steward on the page of one."""

    def decision_urls(self) -> list:
        acts = {"pin": self.pin, "withdraw": self.withdraw, "separate": self.separate}
        return [self.post_route(place, act) for place, act in acts.items()]

    def pin(self, request, key):
        """This value stands, with a reason and, if wished, until a day."""
        self.demand(request, PERMISSION)
        attribute = self.found(Attribute.objects, code=request.POST.get("attribute", ""))
        record = self.found(
            Record.objects, pk=request.POST.get("record", ""), identity__profile=key, traits__has_key=attribute.code
        )
        form = PinForm(request.POST)
        if form.is_valid():
            said = {"reason": _reason(request), "by": request.user, "expires_at": form.cleaned_data["until"]}
            said |= {"record": record, "attribute": attribute}
            self.act(request, _("The value stands from now on."), steward_decisions.pin, **said)
        else:
            messages.error(request, " ".join(form.errors["until"]))
        return redirect("admin:profiles_profile_why", key, attribute.code)

    def withdraw(self, request, key):
        """Undo a decision: the profiles are folded as if it had never been taken."""
        self.demand(request, PERMISSION)
        decision = self.found(StewardDecision.objects, pk=request.POST.get("decision", ""))
        done = _("The decision is withdrawn, and the profiles are as if it had never been taken.")
        self.act(request, done, steward_decisions.withdraw, decision=decision, reason=_reason(request), by=request.user)
        return redirect(f"{change_url('profiles.profile', key)}?tab=history")

    def separate(self, request, key):
        """One source record is somebody else."""
        self.demand(request, PERMISSION)
        identity = self.found(SourceIdentity.objects, pk=request.POST.get("identity", ""), profile=key)
        done = _("The record is now a person of its own. Undo it in the history.")
        self.act(
            request, done, steward_decisions.separate, identity=identity.pk, reason=_reason(request), by=request.user
        )
        return redirect(f"{change_url('profiles.profile', key)}?tab=history")


class PairList(ChangeList):
    """Masks the names of both people of every row in one opening."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        pairs = [(link.identity.profile_id, link.other.profile_id) for link in self.result_list]
        told = lines({key for pair in pairs for key in pair})
        for link, pair in zip(self.result_list, pairs, strict=True):
            link.names = [told[key][0] for key in pair]


@admin.register(RefusedLink)
class RefusedLinkAdmin(FoundByPerson, Pages, LookOnly, HouseAdmin):
    """Two records that share an identifier and were yet not joined: looked at side by side, and decided."""

    question = _("Who shares an identifier and was yet not joined, and why?")
    list_display = ["created_at", "one", "another", "namespace", "because"]
    list_display_links = ["created_at"]
    list_filter = ["namespace"]
    person_fields = ("identity", "other")
    sortable_by = ()
    ordering = ["-id"]

    def get_changelist(self, request, **kwargs):
        return PairList

    @admin.display(description=_("one"))
    def one(self, link):
        return profile_link(link.identity.profile_id, link.names[0])

    @admin.display(description=_("the other"))
    def another(self, link):
        return profile_link(link.other.profile_id, link.names[1])

    @admin.display(description=_("reason"))
    def because(self, link):
        return WORDS.get(link.reason, link.reason)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("identity", "other", "namespace")

    def get_urls(self):
        return [self.post_route("decide", self.decide), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Both people side by side; what differs is marked."""
        self.demand(request)
        link = self.found(self.get_queryset(request), pk=object_id)
        pair = list(Profile.objects.in_bulk([link.identity.profile_id, link.other.profile_id]).values())
        return self.page(
            request,
            "refusedlink/review",
            title=_("Same person?"),
            question=_("Are these two one person?"),
            original=link,
            link=link,
            because=WORDS.get(link.reason, link.reason),
            sides=pair,
            rows=_side_by_side(request, pair),
            may_decide=request.user.has_perm(PERMISSION),
        )

    def decide(self, request, key):
        self.demand(request, PERMISSION)
        link = self.found(RefusedLink.objects, pk=key)
        verb = steward_decisions.same if request.POST.get("verdict") == "same" else steward_decisions.not_same
        pair = {"identity": link.identity_id, "other": link.other_id}
        self.act(request, _("Decided."), verb, **pair, reason=_reason(request), by=request.user)
        return redirect("admin:profiles_refusedlink_changelist")


def _side_by_side(request, pair: list[Profile]) -> list[dict]:
    """One row for each attribute and kind of identifier that either has: title, both values, whether they differ."""
    columns = [_facts(profile, Sight(request, profile)) for profile in pair]
    titles = {code: title for column in columns for code, (title, _value) in column.items()}
    rows = []
    for code, title in titles.items():
        values = [column[code][1] if code in column else "" for column in columns]
        rows.append({"title": title, "values": values, "differs": all(values) and len(set(map(str, values))) > 1})
    return rows


def _facts(profile: Profile, sight: Sight) -> dict[str, tuple[str, object]]:
    """{code: (title, value)}: the golden values, then the identifiers, as this user sees them."""
    golden = {code: (str(value.attribute), value.shown) for code, value in person.golden(profile, sight).items()}
    named: dict[str, list[str]] = {}
    titles = {}
    for one in person.identifiers(profile, sight):
        named.setdefault(one["namespace"].code, []).append(str(one["shown"]))
        titles[one["namespace"].code] = str(one["namespace"])
    return golden | {code: (titles[code], ", ".join(values)) for code, values in named.items()}


def _reason(request) -> str:
    return request.POST.get("reason", "").strip()
