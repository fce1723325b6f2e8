"""The list of segments, and the page of one."""

from django.contrib import admin
from django.shortcuts import redirect
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from cdp.base.admin.modeladmin import NeverDelete, TrackedAdmin
from cdp.base.admin.pages import Pages, named
from consents.badges import badge
from segments.activation import activations
from segments.admin import page, people
from segments.admin.building import BuilderPages, pace
from segments.membership import compute, definitions, reach
from segments.models import ActivationState, Destination, Segment, SegmentState

BADGES = {SegmentState.ACTIVE: "good", SegmentState.DRAFT: "quiet", SegmentState.ARCHIVED: "quiet"}


@admin.register(Segment)
class SegmentAdmin(Pages, BuilderPages, NeverDelete, TrackedAdmin):
    question = gettext_lazy("Which groups of people do we know, how big, and how fresh?")
    list_display = ["title", "standing", "people_in", "people_reached", "freshness", "every", "owner"]
    list_select_related = ["owner", "current"]
    list_filter = ["state"]
    search_fields = ["key__startswith", "title__istartswith"]
    search_help_text = gettext_lazy("Beginning of key or title")
    sortable_by = ["title"]

    def get_queryset(self, request):
        return super().get_queryset(request).prefetch_related("reaches__purpose")

    @admin.display(description=gettext_lazy("state"))
    def standing(self, segment):
        return badge(BADGES[segment.state], segment.get_state_display())

    @admin.display(description=gettext_lazy("members"))
    def people_in(self, segment):
        return "–" if segment.members is None else segment.members

    @admin.display(description=gettext_lazy("reachable"))
    def people_reached(self, segment):
        told = [f"{one.reachable} ({one.purpose}, {one.get_channel_display()})" for one in segment.reaches.all()]
        return "; ".join(told) or "–"

    @admin.display(description=gettext_lazy("as of"))
    def freshness(self, segment):
        if segment.stale_reason:
            return format_html(
                '<span class="k-badge k-badge--warn" title="{}">{}</span>', segment.stale_reason, _("stale")
            )
        return segment.computed_at or "–"

    @admin.display(description=gettext_lazy("computed"))
    def every(self, segment):
        if not segment.refresh_minutes:
            return _("by hand")
        return _("every %(minutes)s min") % {"minutes": segment.refresh_minutes}

    # --- Pages of one segment ---------------------------------------------------------------------------------

    def get_urls(self):
        own = [
            self.route("define", self.define),
            self.route("people", self.people),
            self.route("why", self.why),
            self.post_route("compute", self.compute),
            self.post_route("count", self.count),
            self.post_route("send", self.send),
            self.post_route("describe", self.describe),
            self.post_route("archive", self.archive),
        ]
        return [*own, *super().get_urls()]

    def change_view(self, request, object_id, form_url="", extra_context=None):
        self.demand(request)
        segment = self._segment(object_id)
        question = _("Who is in, why, how many, and whom may we reach?")
        return self.page(request, "page", title=segment.title, question=question, **page.context(segment, request.user))

    def people(self, request, key):
        """Members, or those of them with one answer to a question of reach, masked."""
        self.demand(request, "profiles.view_profile")
        segment = self._segment(key)
        return self.page(request, "people", segment=segment, **people.context(segment, request.GET))

    def why(self, request, key):
        """Why one person is in the segment, or not."""
        self.demand(request, "profiles.view_profile")
        segment = self._segment(key)
        return self.page(
            request,
            "why",
            segment=segment,
            title=_("Why, or why not?"),
            question=segment.title,
            **people.why_context(segment, request.GET),
        )

    def _segment(self, key) -> Segment:
        return self.found(Segment.objects.select_related("current", "owner"), pk=key)

    # --- Acts -------------------------------------------------------------------------------------------------

    def compute(self, request, key):
        self.demand(request, "segments.refresh_segment")
        segment = self._segment(key)
        run = self.act(request, _("Computed."), compute.refresh, segment=segment, by=request.user)
        if run and run.error:
            self.message_user(request, run.error, level="error")
        return self._back(key)

    def count(self, request, key):
        """Count anew who may be reached."""
        self.demand(request)
        segment = self._segment(key)
        self.act(request, _("Counted anew."), reach.count, segment=segment)
        return self._back(key)

    def send(self, request, key):
        """Ask for an activation; a small one runs at once."""
        self.demand(request, "segments.request_activation")
        segment = self._segment(key)
        destination = named(Destination.objects, pk=request.POST.get("destination", ""))
        if destination is None:
            self.message_user(request, _("Choose a destination."), level="error")
            return self._back(key)
        asked = self.act(
            request, _("Asked for."), activations.request, segment=segment, destination=destination, by=request.user
        )
        if asked is None:
            return self._back(key)
        if asked.state == ActivationState.APPROVED:
            self.act(request, _("Written."), activations.run, activation=asked, by=request.user)
        return redirect("admin:segments_activation_change", asked.pk)

    def describe(self, request, key):
        self.demand(request, "segments.change_segment")
        self.act(request, _("Kept."), _describe, self._segment(key), request)
        return self._back(key)

    def archive(self, request, key):
        self.demand(request, "segments.change_segment")
        segment = self._segment(key)
        reason = request.POST.get("reason", "")
        self.act(request, _("Archived."), definitions.archive, segment=segment, reason=reason, by=request.user)
        return self._back(key)

    @staticmethod
    def _back(key):
        return redirect("admin:segments_segment_change", key)


def _describe(segment: Segment, request) -> None:
    title, minutes = request.POST.get("title", ""), pace(request.POST)
    definitions.describe(segment, title=title, refresh_minutes=minutes, by=request.user)
