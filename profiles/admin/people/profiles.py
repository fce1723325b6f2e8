"""The list of people, and the page of one: profile 360, with the reason behind each value."""

from datetime import datetime

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.views import ChangeList

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from profiles import vault
from profiles.admin import tabs
from profiles.admin.people import decisions, filters, person
from profiles.admin.people.reveal import Sight, forget, remember
from profiles.models import Attribute, Profile, Record, Source, SourceIdentity
from profiles.values import golden
from profiles.values.display_name import lines
from profiles.values.lookup import profile_id as lookup_id

#: Tabs of other apps stand between these and the history.
FIRST_TABS = {"overview": _("Overview"), "records": _("Source records"), "timeline": _("Timeline")}
LAST_TABS = {"history": _("History")}
PURPOSES = [
    _("Answering the customer"),
    _("Checking whether two records are one person"),
    _("Correcting a value"),
    _("Privacy request"),
]
LONGEST_PURPOSE = 200
DIGITS = 18  # of a number that the database can hold


class PeopleList(ChangeList):
    """Opens the masks of a page in one go: a list of masked people discloses nothing."""

    def get_results(self, request):
        super().get_results(request)
        people = lines([profile.pk for profile in self.result_list])
        for profile in self.result_list:
            profile.who, profile.contact = people[profile.pk]


@admin.register(Profile)
class ProfileAdmin(decisions.DecisionPages, LookOnly, HouseAdmin):
    question = _("Who do we know?")
    list_display = ["person", "reach_by", "identity_count", "first_seen_at", "last_seen_at"]
    list_filter = [filters.Data, filters.FromSource, filters.Country]
    search_fields = ["id"]
    search_help_text = _("Exact e-mail, phone, number or id")
    sortable_by = ()
    ordering = ["-id"]

    def get_changelist(self, request, **kwargs):
        return PeopleList

    def get_search_results(self, request, queryset, search_term):
        """People are found by exact values, through the blind index: their values are nowhere in clear."""
        if not search_term.strip():
            return queryset, False
        return queryset.filter(pk__in=filters.found_by(search_term)), False

    @admin.display(description=_("person"))
    def person(self, profile):
        who = profile.who or f"…{str(profile.pk)[-12:]}"
        word = _("erased") if profile.erased_at else _("test data") if profile.is_test else ""
        return format_html('{} <span class="k-badge k-badge--quiet">{}</span>', who, word) if word else who

    @admin.display(description=_("reached by"))
    def reach_by(self, profile):
        return profile.contact or "–"

    # --- The page of one person ------------------------------------------------------------------------------

    def get_urls(self):
        own = [
            self.post_route("show", self.show),
            self.post_route("hide", self.hide),
            self.route("why/<slug:code>", self.why),
        ]
        return [*own, *self.decision_urls(), *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        """Profile 360. An id that was merged away leads to the profile that it belongs to now."""
        self.demand(request)
        key = lookup_id(object_id)
        profile = Profile.objects.filter(pk=key).first() if key else None
        if profile is None:
            return self._forward(request, key)
        if profile.erased_at:
            return self._page(request, profile, "erased", title=_("Erased"))
        return self._three_sixty(request, profile)

    def _three_sixty(self, request, profile):
        sight = Sight(request, profile)
        values = person.golden(profile, sight)
        tabs = self._tabs(request)
        tab = request.GET.get("tab", "overview")
        if tab not in tabs:
            raise Http404
        title, template, context = tabs[tab]
        return self._page(
            request,
            profile,
            "page",
            title=person.name_of(values) or _("Unnamed person"),
            sight=sight,
            purposes=PURPOSES,
            may_decide=request.user.has_perm(decisions.PERMISSION),
            values=values,
            tab=tab,
            tabs=[(key, entry[0]) for key, entry in tabs.items()],
            panel_title=title,
            panel=template,
            **context(profile, request, sight, values),
        )

    def _tabs(self, request) -> dict:
        """{key: (title, template, context function)}: our own tabs, and those of the apps above."""
        own = {
            "overview": lambda profile, request, sight, values: {
                "groups": person.groups_of(values),
                "identifiers": person.identifiers(profile, sight),
            },
            "records": lambda profile, request, sight, values: person.records(
                profile, sight, _number(request.GET.get("before", ""))
            ),
            "timeline": lambda profile, request, sight, values: person.timeline(profile, _cursor(request)),
            "history": lambda profile, request, sight, values: person.history(profile),
        }

        def of(titles: dict) -> dict:
            return {key: (title, f"admin/profiles/profile/{key}.html", own[key]) for key, title in titles.items()}

        others = {panel.key: (panel.title, panel.template, _context_of(panel)) for panel in tabs.seen_by(request.user)}
        return of(FIRST_TABS) | others | of(LAST_TABS)

    def why(self, request, key, code):
        """Why this value stands: what each source says, the rule that won, and who came second."""
        self.demand(request)
        profile = self.found(Profile.objects, pk=key, erased_at=None)
        attribute = self.found(Attribute.objects, code=code)
        explained = golden.explain(profile=profile.pk, attribute=code)
        if explained is None:
            raise Http404
        return self._page(
            request,
            profile,
            "why",
            title=_("Why this value?"),
            attribute=attribute,
            rule=explained["rule"].label,
            candidates=_shown(explained["candidates"], attribute, Sight(request, profile)),
            may_decide=request.user.has_perm(decisions.PERMISSION),
        )

    def show(self, request, key):
        """Give a purpose, and see this person's values in clear until the session ends. The attempt is logged too."""
        self.demand(request)
        profile = self.found(Profile.objects, pk=key)
        purpose = request.POST.get("purpose", "").strip()[:LONGEST_PURPOSE]
        if not request.user.has_perm("profiles.reveal_profile"):
            item = vault.Item(profile.pk, vault.DOCUMENT, None, "profile_page")
            vault.log_refused([item], by=request.user, action="profile_page", purpose=purpose, request_id=request.id)
            raise PermissionDenied
        if purpose:
            remember(request, profile, purpose)
        else:
            messages.error(request, _("Say for what purpose you open the values."))
        return redirect("admin:profiles_profile_change", key)

    def hide(self, request, key):
        self.demand(request)
        forget(request, self.found(Profile.objects, pk=key))
        return redirect("admin:profiles_profile_change", key)

    def _forward(self, request, key):
        identity = SourceIdentity.objects.filter(pk=key).first()
        if identity is None:
            raise Http404
        messages.info(request, _("%(id)s is now part of this profile.") % {"id": f"prf_{key}"})
        return redirect(reverse("admin:profiles_profile_change", args=[identity.profile_id]))

    def _page(self, request, profile, template, **context):
        return self.page(request, f"profile/{template}", profile=profile, original=profile, **context)


def _number(text: str) -> int | None:
    """The place in the records from the address."""
    return int(text) if text.isdecimal() and len(text) <= DIGITS else None


def _cursor(request):
    """The place in the timeline from the address: moment~id."""
    moment, _tilde, key = request.GET.get("before", "").partition("~")
    try:
        return datetime.fromisoformat(moment), int(key)
    except ValueError:
        return None


def _context_of(panel):
    return lambda profile, request, sight, values: panel.context(profile, request)


def _shown(candidates: list[dict], attribute: Attribute, sight: Sight) -> list[dict]:
    """The candidates, best first, each with `value` as this user sees it and the title of its source."""
    titles = dict(Source.objects.filter(code__in={row["source"] for row in candidates}).values_list("code", "title"))
    sealed = [row for row in candidates if row["sealed"]]
    documents = dict(Record.objects.filter(pk__in=[row["record"] for row in sealed]).values_list("pk", "sealed"))
    items = [vault.Item(row["identity"], vault.DOCUMENT, documents[row["record"]], attribute.code) for row in sealed]
    opened = dict(zip([row["record"] for row in sealed], sight.read(items), strict=True))
    return [
        row
        | {
            "value": opened[row["record"]] if row["sealed"] else person.readable(row["value"]),
            "title": titles[row["source"]],
        }
        for row in candidates
    ]
