"""A segment, its immutable definitions, its runs and the intervals in which people were members."""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of, ordered
from cdp.base.database.history import tracked
from cdp.base.database.ids import uuid7


class SegmentState(models.TextChoices):
    DRAFT = "draft", _("draft")
    ACTIVE = "active", _("active")
    ARCHIVED = "archived", _("archived")


class Segment(models.Model):
    """A named group of people. Whom it means stands in its versions; `current` is the one in use."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    state = models.CharField(_("state"), max_length=10, choices=SegmentState, default=SegmentState.DRAFT)
    current = models.ForeignKey(
        "segments.SegmentVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("definition in use"),
    )
    refresh_minutes = models.PositiveIntegerField(
        _("refresh every (minutes)"), null=True, blank=True, help_text=_("Empty: only by hand.")
    )
    members = models.PositiveIntegerField(_("members"), null=True, blank=True, editable=False)
    computed_at = models.DateTimeField(_("last computed"), null=True, blank=True, editable=False)
    stale_reason = models.TextField(_("stale because"), blank=True, editable=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("owner")
    )
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = tracked(excluded=("members", "computed_at", "stale_reason"))

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        permissions = [("refresh_segment", "Can compute segments")]
        ordering = ["title"]
        constraints = [
            one_of("state", SegmentState),
            models.CheckConstraint(
                name="segments_segment_active_has_definition",
                condition=~Q(state=SegmentState.ACTIVE) | Q(current__isnull=False),
            ),
        ]

    def __str__(self):
        return self.title


class SegmentVersion(models.Model):
    """One definition: the JSON document of the segment language. Never changed; a change is a new version."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    segment = models.ForeignKey(Segment, models.PROTECT, related_name="versions", verbose_name=_("segment"))
    number = models.PositiveIntegerField(_("version"))
    definition = models.JSONField(_("definition"))
    reason = models.TextField(_("reason"), blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("author")
    )
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now(), editable=False)

    class Meta:
        verbose_name = _("segment definition")
        verbose_name_plural = _("segment definitions")
        ordering = ["segment", "-number"]
        constraints = [
            models.UniqueConstraint(fields=["segment", "number"], name="segments_segmentversion_one_per_number")
        ]

    def __str__(self):
        return f"{self.segment} v{self.number}"


class RunState(models.TextChoices):
    RUNNING = "running", _("running")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")


class Run(models.Model):
    """One computing of a segment: as of when, by which definition, how many came and went."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(SegmentVersion, models.PROTECT, related_name="runs", verbose_name=_("definition"))
    as_of = models.DateTimeField(_("as of"))
    state = models.CharField(_("state"), max_length=8, choices=RunState, default=RunState.RUNNING)
    members = models.PositiveIntegerField(_("members"), null=True, blank=True)
    entered = models.PositiveIntegerField(_("entered"), null=True, blank=True)
    left = models.PositiveIntegerField(_("left"), null=True, blank=True)
    left_out = models.PositiveIntegerField(
        _("left out by flag"), null=True, blank=True, help_text=_("Restricted, or objecting to profiling.")
    )
    snapshot = models.TextField(
        _("what it saw"), blank=True, help_text=_("The database's snapshot: tells what was committed before the run.")
    )
    #: Of the feed of changes. A snapshot of an earlier one is of another cluster, and means nothing.
    epoch = models.BigIntegerField(null=True, blank=True)
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )
    started_at = models.DateTimeField(_("started"), auto_now_add=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("run")
        verbose_name_plural = _("runs")
        ordering = ["-id"]
        constraints = [one_of("state", RunState)]


class Membership(models.Model):
    """A profile was a member from `entered_at` until `left_at`. Append-only but for closing; one open row at most."""

    id = models.BigAutoField(primary_key=True)
    segment = models.ForeignKey(
        Segment, models.PROTECT, related_name="memberships", db_index=False, verbose_name=_("segment")
    )
    profile = models.ForeignKey(
        "profiles.Profile",
        models.DO_NOTHING,
        related_name="memberships",
        db_index=False,
        db_constraint=False,
        verbose_name=_("profile"),
    )
    entered_at = models.DateTimeField(_("entered"))
    left_at = models.DateTimeField(_("left"), null=True, blank=True)
    entered_run = models.ForeignKey(
        Run, models.PROTECT, related_name="+", db_index=False, verbose_name=_("entered in run")
    )
    left_run = models.ForeignKey(
        Run, models.PROTECT, null=True, blank=True, related_name="+", db_index=False, verbose_name=_("left in run")
    )

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = [
            ordered("entered_at", "left_at"),
            models.UniqueConstraint(
                fields=["segment", "profile"], condition=Q(left_at=None), name="segments_membership_one_open"
            ),
        ]
        indexes = [models.Index(fields=["profile", "segment"], name="segments_membership_by_profile")]
