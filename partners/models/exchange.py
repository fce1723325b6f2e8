"""What went out, and what came in. Each person in a delivery leaves a disclosure, without the person in it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.ids import uuid7


class DeliveryState(models.TextChoices):
    PLANNED = "planned", _("planned")
    APPROVED = "approved", _("approved")
    BUILDING = "building", _("building")
    READY = "ready", _("ready")
    SENT = "sent", _("sent")
    BLOCKED = "blocked", _("blocked")
    CANCELLED = "cancelled", _("cancelled")
    FAILED = "failed", _("failed")


#: What a delivery is in only once a second person has approved it.
APPROVED_STATES = [DeliveryState.APPROVED, DeliveryState.BUILDING, DeliveryState.READY, DeliveryState.SENT]
#: What it is in once its file is written.
WRITTEN_STATES = [DeliveryState.READY, DeliveryState.SENT]


class Delivery(models.Model):
    """One file out to a partner: for which purpose, of which people, with which fields, and who was left out why."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(
        "partners.AgreementVersion", models.PROTECT, related_name="deliveries", verbose_name=_("agreement version")
    )
    purpose = models.ForeignKey("consents.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose"))
    audience = models.CharField(_("who"), max_length=200, help_text=_("The segment or list that was chosen, in words."))
    audience_ref = models.UUIDField(_("segment"), null=True, blank=True)
    fields = ArrayField(models.CharField(max_length=60), verbose_name=_("fields"))
    state = models.CharField(_("state"), max_length=10, choices=DeliveryState, default=DeliveryState.PLANNED)
    planned = models.PositiveIntegerField(_("people chosen"), default=0)
    sent = models.PositiveIntegerField(_("people sent"), default=0)
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
        help_text=_("Empty: a service, by its key."),
    )
    requested_key = models.CharField(_("service key"), max_length=80, blank=True)
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("approved by")
    )
    requested_at = models.DateTimeField(_("requested"), db_default=models.functions.Now(), editable=False)
    built_at = models.DateTimeField(_("built"), null=True, blank=True)
    delete_due_at = models.DateTimeField(_("to be deleted there by"), null=True, blank=True)

    class Meta:
        verbose_name = _("delivery")
        verbose_name_plural = _("deliveries")
        permissions = [("request_delivery", "Can request deliveries"), ("approve_delivery", "Can approve deliveries")]
        ordering = ["-id"]
        constraints = [
            one_of("state", DeliveryState),
            models.CheckConstraint(
                name="partners_delivery_second_person",
                condition=models.Q(approved_by=None) | ~models.Q(approved_by=models.F("requested_by")),
                violation_error_message=_("Nobody approves their own request."),
            ),
            models.CheckConstraint(
                name="partners_delivery_approved",
                condition=models.Q(state__in=[DeliveryState.BLOCKED, DeliveryState.CANCELLED, DeliveryState.FAILED])
                | models.Q(state=DeliveryState.PLANNED, approved_by__isnull=True)
                | models.Q(state__in=APPROVED_STATES, approved_by__isnull=False),
                violation_error_message=_("A second person approves this first."),
            ),
            models.CheckConstraint(
                name="partners_delivery_asked_by_someone",
                condition=models.Q(requested_by__isnull=False) | ~models.Q(requested_key=""),
            ),
        ]


class DisclosureEntry(models.Model):
    """Evidence that one person's fields went in one delivery, by the partner's pseudonym. Append-only."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(
        Delivery, models.PROTECT, related_name="disclosures", db_index=False, verbose_name=_("delivery")
    )
    pseudonym = models.CharField(_("partner's pseudonym"), max_length=28)
    consent_position = models.BigIntegerField(_("consent ledger entry"), null=True)
    disclosed_at = models.DateTimeField(_("disclosed"), db_default=models.functions.Now(), editable=False)

    class Meta:
        verbose_name = _("disclosure")
        verbose_name_plural = _("disclosures")
        constraints = [models.UniqueConstraint(fields=["delivery", "pseudonym"], name="partners_disclosureentry_once")]


class DisclosureLink(models.Model):
    """The only tie from a disclosure to a person; removed when the partner has confirmed an erasure."""

    entry = models.OneToOneField(
        DisclosureEntry, models.PROTECT, primary_key=True, related_name="link", verbose_name=_("disclosure")
    )
    identity_ref = models.UUIDField(_("person"), db_index=True)

    class Meta:
        verbose_name = _("disclosure link")
        verbose_name_plural = _("disclosure links")


class InboundFile(models.Model):
    """A partner's file in: accepted only under an agreement in force; its rows are an import like any other."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(
        "partners.AgreementVersion", models.PROTECT, related_name="inbound_files", verbose_name=_("agreement version")
    )
    file_import = models.OneToOneField(
        "profiles.FileImport", models.PROTECT, related_name="+", verbose_name=_("import")
    )
    purpose = models.ForeignKey("consents.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose"))
    received_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("received by")
    )
    received_at = models.DateTimeField(_("received"), db_default=models.functions.Now(), editable=False)
    dropped_columns = ArrayField(
        models.CharField(max_length=200), default=list, verbose_name=_("columns not agreed, dropped")
    )

    class Meta:
        verbose_name = _("inbound file")
        verbose_name_plural = _("inbound files")
        ordering = ["-id"]
