"""What a steward decides on the pages of people. Each act calls a verb of `profiles.decisions` and shows its answer."""

from datetime import datetime, time
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.urls import path
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST
from unfold.views import ChangeList

from cdp.kit.admin import HouseAdmin, LookOnly
from cdp.kit.refused import Refused
from profiles import decisions
from profiles.admin import person
from profiles.admin.links import change_url, profile_link
from profiles.admin.sight import Sight
from profiles.lookup import profile_id as lookup_id
from profiles.models import Profile, RefusedLink, StewardDecision, Subject, Trait
from profiles.naming import lines
from profiles.resolution.partition import Reason

PERMISSION = "profiles.decide_identity"
#: Why two who share an identifier were not joined, for `profiles.resolution.partition.Reason`.
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


def urls(model_admin) -> list:
    """The acts on the page of a person."""
    acts = {"pin": pin, "withdraw": withdraw, "separate": separate}
    return [
        path(
            f"<uuid:profile_id>/{name}/",
            model_admin.admin_site.admin_view(require_POST(act)),
            name=f"profiles_profile_{name}",
        )
        for name, act in acts.items()
    ]


def pin(request, profile_id: UUID):
    """This value stands, with a reason and, if wished, until a day."""
    _demand(request)
    trait = get_object_or_404(Trait, pk=_number(request.POST.get("trait", "")), subject__profile=profile_id)
    until = parse_date(request.POST.get("until", ""))
    expires_at = timezone.make_aware(datetime.combine(until, time())) if until else None
    _decide(
        request,
        _("The value stands from now on."),
        lambda: decisions.pin(trait=trait, reason=_reason(request), by=request.user, expires_at=expires_at),
    )
    return redirect("admin:profiles_profile_why", profile_id, trait.attribute.code)


def withdraw(request, profile_id: UUID):
    """Undo a decision: the profiles are folded as if it had never been taken."""
    _demand(request)
    decision = get_object_or_404(StewardDecision, pk=lookup_id(request.POST.get("decision", "")))
    _decide(
        request,
        _("The decision is withdrawn, and the profiles are as if it had never been taken."),
        lambda: decisions.withdraw(decision=decision, reason=_reason(request), by=request.user),
    )
    return redirect(f"{change_url('profiles.profile', profile_id)}?tab=history")


def separate(request, profile_id: UUID):
    """One source record is somebody else."""
    _demand(request)
    subject = get_object_or_404(Subject, pk=lookup_id(request.POST.get("subject", "")), profile=profile_id)
    _decide(
        request,
        _("The record is now a person of its own. Undo it in the history."),
        lambda: decisions.separate(subject=subject.pk, reason=_reason(request), by=request.user),
    )
    return redirect(f"{change_url('profiles.profile', profile_id)}?tab=history")


class PairList(ChangeList):
    """Masks the names of both people of every row in one opening."""

    def get_results(self, request):
        super().get_results(request)
        self.result_list = list(self.result_list)
        pairs = [(link.subject.profile_id, link.other.profile_id) for link in self.result_list]
        told = lines({key for pair in pairs for key in pair})
        for link, pair in zip(self.result_list, pairs, strict=True):
            link.names = [told[key][0] for key in pair]


@admin.register(RefusedLink)
class RefusedLinkAdmin(LookOnly, HouseAdmin):
    """Two records that share an identifier and were yet not joined: looked at side by side, and decided."""

    question = _("Who shares an identifier and was yet not joined, and why?")
    list_display = ["created_at", "one", "another", "namespace", "because"]
    list_display_links = ["created_at"]
    list_filter = ["namespace"]
    sortable_by = ()
    ordering = ["-id"]

    def get_changelist(self, request, **kwargs):
        return PairList

    @admin.display(description=_("one"))
    def one(self, link):
        return profile_link(link.subject.profile_id, link.names[0])

    @admin.display(description=_("the other"))
    def another(self, link):
        return profile_link(link.other.profile_id, link.names[1])

    @admin.display(description=_("reason"))
    def because(self, link):
        return WORDS.get(link.reason, link.reason)

    def get_queryset(self, request):
        return super().get_queryset(request).select_related("subject", "other", "namespace")

    def get_urls(self):
        decide = self.admin_site.admin_view(require_POST(self.decide))
        return [path("<int:link_id>/decide/", decide, name="profiles_refusedlink_decide"), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Both people side by side; what differs is marked."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        link = self.get_object(request, object_id)
        if link is None:
            raise Http404
        pair = Profile.objects.in_bulk([link.subject.profile_id, link.other.profile_id])
        context = {
            **self.admin_site.each_context(request),
            "opts": self.opts,
            "original": link,
            "title_of_page": True,
            "title": _("Same person?"),
            "question": _("Are these two one person?"),
            "link": link,
            "because": WORDS.get(link.reason, link.reason),
            "sides": list(pair.values()),
            "rows": _side_by_side(request, list(pair.values())),
            "may_decide": request.user.has_perm(PERMISSION),
        }
        return TemplateResponse(request, "admin/profiles/refusedlink/review.html", context)

    def decide(self, request, link_id: int):
        _demand(request)
        link = get_object_or_404(RefusedLink, pk=link_id)
        verb = decisions.same if request.POST.get("verdict") == "same" else decisions.not_same
        pair = {"subject": link.subject_id, "other": link.other_id}
        _decide(request, _("Decided."), lambda: verb(**pair, reason=_reason(request), by=request.user))
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


def _decide(request, done, act) -> None:
    """Run the verb; say what is now so, or why it was refused."""
    try:
        act()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)


def _reason(request) -> str:
    return request.POST.get("reason", "").strip()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() else None


def _demand(request) -> None:
    if not request.user.has_perm(PERMISSION):
        raise PermissionDenied
