"""Where members go, each run of it, and for every person what was sent or why not."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.history import tracked
from cdp.base.database.ids import uuid7
from cdp.base.personal_data import DigestField
from consents.models import Channel

#: So many members go without a second person.
MOST_ALONE = 500


class DestinationKind(models.TextChoices):
    CSV = "csv", _("CSV file")


class Destination(models.Model):
    """A place that a segment may go to: for which purpose, on which channel, with which fields."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=DestinationKind, default=DestinationKind.CSV)
    purpose = models.ForeignKey("consents.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose"))
    channel = models.CharField(_("channel"), max_length=12, choices=Channel)
    fields = ArrayField(
        models.CharField(max_length=60),
        verbose_name=_("fields"),
        help_text=_("Codes of attributes and identifiers that may leave."),
    )
    active = models.BooleanField(_("active"), default=True)
    history = tracked()

    class Meta:
        verbose_name = _("destination")
        verbose_name_plural = _("destinations")
        ordering = ["title"]
        constraints = [one_of("kind", DestinationKind), one_of("channel", Channel)]

    def __str__(self):
        return self.title


class ActivationState(models.TextChoices):
    WAITING = "waiting", _("waiting for a second person")
    APPROVED = "approved", _("approved")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class Activation(models.Model):
    """One run of a segment to a destination: counts, file, manifest."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    segment = models.ForeignKey(
        "segments.Segment", models.PROTECT, related_name="activations", verbose_name=_("segment")
    )
    destination = models.ForeignKey(
        Destination, models.PROTECT, related_name="activations", verbose_name=_("destination")
    )
    version = models.ForeignKey(
        "segments.SegmentVersion", models.PROTECT, related_name="+", verbose_name=_("definition")
    )
    state = models.CharField(_("state"), max_length=10, choices=ActivationState, default=ActivationState.WAITING)
    members = models.PositiveIntegerField(_("members"), default=0)
    sent = models.PositiveIntegerField(_("sent"), default=0)
    removed = models.PositiveIntegerField(_("removed"), default=0)
    left_out = models.JSONField(_("left out, by reason"), default=dict)
    stored_as = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64, blank=True)
    manifest = models.JSONField(_("manifest"), default=dict)
    error = models.TextField(_("error"), blank=True)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("requested by"),
    )
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    requested_at = models.DateTimeField(_("requested"), db_default=models.functions.Now(), editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("activation")
        verbose_name_plural = _("activations")
        permissions = [
            ("request_activation", "Can request activations"),
            ("approve_activation", "Can approve activations"),
        ]
        ordering = ["-id"]
        constraints = [
            one_of("state", ActivationState),
            models.CheckConstraint(
                name="segments_activation_second_person",
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("requested_by")),
                violation_error_message=_("Nobody approves their own request."),
            ),
            models.CheckConstraint(
                name="segments_activation_approved",
                condition=models.Q(state__in=[ActivationState.CANCELLED, ActivationState.FAILED])
                | models.Q(state=ActivationState.WAITING, approved_by__isnull=True)
                | models.Q(state__in=[ActivationState.APPROVED, ActivationState.DONE])
                & (models.Q(approved_by__isnull=False) | models.Q(members__lte=MOST_ALONE)),
                violation_error_message=_("A second person approves this first."),
            ),
        ]

    def __str__(self):
        return f"{self.segment} → {self.destination}"


class Outcome(models.TextChoices):
    SENT = "sent", _("sent")
    REMOVED = "removed", _("removed")
    LEFT_OUT = "left_out", _("left out")


class DeliveredPerson(models.Model):
    """One person in one activation: sent, removed, or left out with its reason. Append-only."""

    id = models.BigAutoField(primary_key=True)
    activation = models.ForeignKey(
        Activation, models.PROTECT, related_name="delivered_people", db_index=False, verbose_name=_("activation")
    )
    profile = models.UUIDField(_("person"), db_index=True)
    outcome = models.CharField(_("outcome"), max_length=8, choices=Outcome)
    reason = models.CharField(_("reason"), max_length=40, blank=True)
    consent_position = models.BigIntegerField(_("consent ledger entry"), null=True)
    identifier = DigestField(
        _("address"), null=True, help_text=_("The blind index of the identifier that went, where one did.")
    )

    class Meta:
        verbose_name = _("delivered person")
        verbose_name_plural = _("delivered people")
        constraints = [
            one_of("outcome", Outcome),
            models.UniqueConstraint(fields=["activation", "profile", "outcome"], name="segments_deliveredperson_once"),
        ]
