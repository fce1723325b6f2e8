"""What is stronger than any consent: objections and restrictions, append-only, which a later row lifts; suppressions.

The row of a suppression is lifted itself, once.
"""

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.ids import uuid7
from cdp.base.personal_data import DigestField
from consents.models.ledger import LONGEST_REASON, Channel


class ObjectionScope(models.TextChoices):
    DIRECT_MARKETING = "direct_marketing", _("all direct marketing, Art. 21(2)")
    PURPOSE = "purpose", _("one purpose, Art. 21(1)")


class Objection(models.Model):
    """The person objects (or takes the objection back): GDPR Article 21. The latest row of a scope stands."""

    id = models.BigAutoField(primary_key=True)
    identity_ref = models.UUIDField(_("about"), db_index=True)
    scope = models.CharField(_("scope"), max_length=16, choices=ObjectionScope)
    purpose = models.ForeignKey(
        "consents.Purpose", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("purpose")
    )
    lifted = models.BooleanField(_("taken back"), default=False)
    effective_at = models.DateTimeField(_("effective"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now(), editable=False)
    source = models.ForeignKey("profiles.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    source_event_id = models.CharField(_("id at the source"), max_length=200)
    reason_code = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    actor_ref = models.CharField(_("reference of who"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("objection")
        verbose_name_plural = _("objections")
        constraints = [
            one_of("scope", ObjectionScope),
            models.CheckConstraint(
                name="consents_objection_purpose_fits_scope",
                condition=Q(scope=ObjectionScope.DIRECT_MARKETING, purpose=None)
                | Q(scope=ObjectionScope.PURPOSE, purpose__isnull=False),
            ),
            models.UniqueConstraint(fields=["source", "source_event_id"], name="consents_objection_once"),
        ]


class Restriction(models.Model):
    """Processing is restricted (GDPR Article 18), or free again. The latest row of a person stands."""

    id = models.BigAutoField(primary_key=True)
    identity_ref = models.UUIDField(_("about"), db_index=True)
    lifted = models.BooleanField(_("lifted"), default=False)
    reason_code = models.CharField(_("reason"), max_length=LONGEST_REASON)
    effective_at = models.DateTimeField(_("effective"))
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now(), editable=False)
    actor_ref = models.CharField(_("reference of who"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("restriction")
        verbose_name_plural = _("restrictions")


#: What a namespace's contact channel writes to.
KINDS = {"email": _("e-mail address"), "sms": _("phone number")}


class SuppressionReason(models.TextChoices):
    OBJECTION = "objection", _("objection")
    ERASURE = "erasure", _("erasure")
    COMPLAINT = "complaint", _("complaint")
    HARD_BOUNCE = "hard_bounce", _("hard bounce")
    ROBINSON = "robinson", _("Robinson list")
    NIX = "nix", _("NIX list")
    MINOR = "minor", _("minor")
    DECEASED = "deceased", _("deceased")
    LEGAL = "legal", _("legal reason")


class Suppression(models.Model):
    """A contact point that is never written to: only its keyed digest is kept, and it survives erasure."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    entry = models.UUIDField(
        _("entry"),
        default=uuid7,
        editable=False,
        db_index=True,
        help_text=_("One address has a row in each namespace that reads it alike; the first gives the entry its id."),
    )
    namespace = models.ForeignKey(
        "profiles.Namespace", models.PROTECT, related_name="+", verbose_name=_("kind of contact point")
    )
    blind = DigestField(_("blind index"))
    channel = models.CharField(
        _("channel"), max_length=12, choices=Channel, default=Channel.NONE, help_text=_("No channel: all of them.")
    )
    reason = models.CharField(_("reason"), max_length=12, choices=SuppressionReason)
    note = models.TextField(_("note"), blank=True)
    review_on = models.DateField(_("review on"), null=True, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("by")
    )
    created_at = models.DateTimeField(_("since"), db_default=models.functions.Now(), editable=False)
    lifted_at = models.DateTimeField(_("lifted"), null=True, blank=True)
    lifted_reason = models.TextField(_("lifted because"), blank=True)

    class Meta:
        verbose_name = _("suppression")
        verbose_name_plural = _("suppressions")
        constraints = [
            one_of("reason", SuppressionReason),
            one_of("channel", Channel),
            models.UniqueConstraint(
                fields=["namespace", "blind", "channel", "reason"],
                condition=Q(lifted_at=None),
                name="consents_suppression_one_standing",
            ),
        ]
        indexes = [models.Index(fields=["namespace", "blind"], name="consents_suppression_address")]

    @property
    def kind(self) -> str:
        """What is suppressed, in words; whichever namespace knows it."""
        return KINDS.get(self.namespace.contact_channel, self.namespace.title)
