"""Somebody says that an entry of the ledger is false; somebody else decides."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import together
from consents.models.ledger import LONGEST_REASON


class CorrectionRequest(models.Model):
    """A request to take the effect of a ledger entry away. It is decided once, and never by who made it."""

    id = models.BigAutoField(primary_key=True)
    entry = models.BigIntegerField(_("ledger entry"))
    purpose = models.ForeignKey(
        "consents.Purpose",
        models.PROTECT,
        related_name="+",
        db_index=False,
        verbose_name=_("purpose"),
        help_text=_("As the entry says, which never changes: so that the queue is found by it."),
    )
    reason_code = models.CharField(_("reason"), max_length=LONGEST_REASON)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("asked for by")
    )
    requested_at = models.DateTimeField(_("asked for"), db_default=models.functions.Now(), editable=False)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), null=True, blank=True)
    approved = models.BooleanField(_("approved"), null=True, blank=True)

    class Meta:
        verbose_name = _("correction request")
        verbose_name_plural = _("correction requests")
        constraints = [
            together("decided_by", "decided_at", "approved"),
            models.CheckConstraint(
                name="consents_correctionrequest_two_people",
                condition=Q(decided_by=None) | ~Q(decided_by=F("requested_by")),
                violation_error_message=_("A correction needs a second person; nobody approves their own."),
            ),
            models.UniqueConstraint(
                fields=["entry"], condition=Q(decided_at=None), name="consents_correctionrequest_one_open"
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(decided_at=None), name="consents_correction_waiting"),
            models.Index(fields=["approved", "id"], name="consents_correction_decided"),
            models.Index(fields=["purpose", "approved", "id"], name="consents_correction_purpose"),
        ]
