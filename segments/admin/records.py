"""Evidence of segments, to be looked at: definitions, runs, intervals, delivered people, counts."""

from django.contrib import admin
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import RangeDateTimeFilter

from cdp.base.admin.modeladmin import HouseAdmin, LookOnly
from consents.permission.reasons import REASONS
from profiles.admin.people.by_person import FoundByPerson
from profiles.admin.people.links import profile_link
from segments.models import DeliveredPerson, Membership, Reach, Run, SegmentVersion


@admin.register(SegmentVersion)
class SegmentVersionAdmin(LookOnly, HouseAdmin):
    question = _("How was each segment defined, and why did it change?")
    list_display = ["segment", "number", "reason", "author", "created_at"]
    list_select_related = ["segment", "author"]
    search_fields = ["segment__key"]
    search_help_text = _("Key of a segment")
    sortable_by = ()


@admin.register(Run)
class RunAdmin(LookOnly, HouseAdmin):
    question = _("When was each segment computed, and how many came and went?")
    list_display = ["as_of", "segment", "definition", "state", "members", "entered", "left", "left_out", "started_by"]
    list_display_links = ["as_of"]
    list_select_related = ["version__segment", "started_by"]
    list_filter = ["state", ("as_of", RangeDateTimeFilter)]
    search_fields = ["version__segment__key"]
    search_help_text = _("Key of a segment")
    sortable_by = ()
    ordering = ["-id"]

    @admin.display(description=_("segment"))
    def segment(self, run):
        return run.version.segment

    @admin.display(description=_("definition"))
    def definition(self, run):
        return f"v{run.version.number}"


@admin.register(Membership)
class MembershipAdmin(FoundByPerson, LookOnly, HouseAdmin):
    question = _("Who was in which segment, from when until when?")
    list_display = ["segment", "profile", "entered_at", "left_at"]
    list_select_related = ["segment"]
    list_filter = [("segment", admin.RelatedFieldListFilter)]
    person_fields = ("profile",)
    sortable_by = ()
    ordering = ["-id"]


@admin.register(DeliveredPerson)
class DeliveredPersonAdmin(FoundByPerson, LookOnly, HouseAdmin):
    question = _("What happened to each person when a segment left?")
    list_display = ["activation", "whom", "outcome", "why", "consent_position"]
    list_display_links = ["activation"]
    list_select_related = ["activation__segment", "activation__destination"]
    list_filter = ["outcome"]
    person_fields = ("profile",)
    sortable_by = ()
    ordering = ["-id"]

    @admin.display(description=_("person"))
    def whom(self, delivered):
        return profile_link(delivered.profile)

    @admin.display(description=_("reason"), empty_value="–")
    def why(self, delivered):
        return REASONS.get(delivered.reason) or (_("Left the segment.") if delivered.reason else None)


@admin.register(Reach)
class ReachAdmin(LookOnly, HouseAdmin):
    question = _("How many members may be reached, for what, and how?")
    list_display = ["segment", "purpose", "channel", "members", "reachable", "counted_at"]
    list_select_related = ["segment", "purpose"]
    sortable_by = ()
