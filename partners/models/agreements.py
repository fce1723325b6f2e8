"""Who we share with, and the signed terms that say what."""

from django.conf import settings
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Cast
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of, ordered
from cdp.base.database.history import told, tracked
from cdp.base.database.ids import uuid7


class PartnerStatus(models.TextChoices):
    PROSPECT = "prospect", _("prospect")
    APPROVED = "approved", _("approved")
    SUSPENDED = "suspended", _("suspended")
    CLOSED = "closed", _("closed")


class Partner(models.Model):
    """A company that we exchange data with. `public_name` is the name that people are shown and consent to."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    legal_name = models.CharField(_("legal name"), max_length=200)
    public_name = models.CharField(_("name shown to people"), max_length=200, unique=True)
    registration_no = models.CharField(
        _("registration number"), max_length=40, blank=True, help_text=_("CVR or organisation number.")
    )
    country = models.CharField(_("country"), max_length=2)
    dpo_contact = models.CharField(_("data protection contact"), max_length=200, blank=True)
    deletion_contact = models.CharField(_("deletion contact"), max_length=200, blank=True)
    status = models.CharField(_("status"), max_length=10, choices=PartnerStatus, default=PartnerStatus.PROSPECT)
    last_review_on = models.DateField(_("last review"), null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("partner")
        verbose_name_plural = _("partners")
        ordering = ["public_name"]
        constraints = [one_of("status", PartnerStatus)]

    def __str__(self):
        return self.public_name


class Direction(models.TextChoices):
    OUT = "out", _("out: we send")
    IN = "in", _("in: we receive")
    BOTH = "both", _("both ways")


class AgreementState(models.TextChoices):
    """Kept where a person decides; expiry is derived from the version in force (`partners.agreements.status`)."""

    DRAFT = "draft", _("draft")
    ACTIVE = "active", _("active")
    SUSPENDED = "suspended", _("suspended")
    TERMINATED = "terminated", _("terminated")
    WITHDRAWN = "withdrawn", _("withdrawn draft")


class Agreement(models.Model):
    """A data-sharing agreement with one partner; its terms stand in its versions."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.CharField(_("number"), max_length=40, unique=True, help_text=_("Shared by both sides."))
    partner = models.ForeignKey(Partner, models.PROTECT, related_name="agreements", verbose_name=_("partner"))
    title = models.CharField(_("title"), max_length=200)
    direction = models.CharField(_("direction"), max_length=4, choices=Direction)
    state = models.CharField(_("state"), max_length=10, choices=AgreementState, default=AgreementState.DRAFT)
    state_reason = models.TextField(_("reason of the state"), blank=True)
    home_time_zone = models.CharField(
        _("home time zone"), max_length=40, default="Europe/Copenhagen", help_text=_("Its days begin and end here.")
    )
    language = models.CharField(_("language"), max_length=2, default="en")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("owner"))
    history = tracked()

    class Meta:
        verbose_name = _("agreement")
        verbose_name_plural = _("agreements")
        ordering = ["number"]
        constraints = [one_of("direction", Direction), one_of("state", AgreementState)]

    def __str__(self):
        return f"{self.number} {self.title}"


class VersionState(models.TextChoices):
    DRAFT = "draft", _("draft")
    PROPOSED = "proposed", _("proposed: waits for two approvals")
    IN_FORCE = "in_force", _("signed")
    SUPERSEDED = "superseded", _("superseded")


class AgreementVersion(models.Model):
    """The terms, numbered. Editable as a draft; from `proposed` on the table refuses every change of the terms.

    `valid_from` and `valid_until` are local days of the agreement's zone, both included; `in_force` is the same
    as instants, half-open: from local midnight of the first day to local midnight after the last.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    agreement = models.ForeignKey(Agreement, models.PROTECT, related_name="versions", verbose_name=_("agreement"))
    number = models.PositiveIntegerField(_("version"))
    state = models.CharField(_("state"), max_length=12, choices=VersionState, default=VersionState.DRAFT)
    legal_basis = models.CharField(_("legal basis"), max_length=24, blank=True)
    our_role = models.CharField(_("our role"), max_length=20, default="controller")
    partner_role = models.CharField(_("their role"), max_length=20, default="controller")
    arrangement_ref = models.TextField(_("Art. 26 essence or Art. 28 checklist"), blank=True)
    transfer_tool = models.CharField(
        _("transfer outside the EEA"), max_length=80, blank=True, help_text=_("Empty: none.")
    )
    valid_from = models.DateField(_("from"))
    valid_until = models.DateField(_("until, included"))
    in_force = DateTimeRangeField(_("in force"), editable=False, null=True)
    purposes = models.ManyToManyField("consents.Purpose", related_name="+", verbose_name=_("purposes"))
    onward_sharing = models.BooleanField(_("may be shared on"), default=False)
    retention_days = models.PositiveIntegerField(_("kept at the partner (days)"), default=90)
    deletion_sla_hours = models.PositiveIntegerField(_("deletes within (hours)"), default=72)
    min_cohort = models.PositiveIntegerField(_("smallest group"), default=50)
    relevance_note = models.TextField(_("why this data is relevant"), blank=True)
    document_sha256 = models.CharField(_("SHA-256 of the signed document"), max_length=64, blank=True)
    terms_sha256 = models.CharField(_("digest of the terms"), max_length=64, blank=True, editable=False)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("author"))
    proposed_at = models.DateTimeField(_("proposed"), null=True, blank=True)
    activated_at = models.DateTimeField(_("activated"), null=True, blank=True)
    history = tracked(also=[ArrayField(models.TextField(), name="permitted", verbose_name=_("terms"), default=list)])

    class Meta:
        verbose_name = _("agreement version")
        verbose_name_plural = _("agreement versions")
        permissions = [
            ("sign_business", "Can approve agreements for the business"),
            ("sign_compliance", "Can approve agreements for compliance"),
        ]
        ordering = ["agreement", "-number"]
        constraints = [
            one_of("state", VersionState),
            ordered("valid_from", "valid_until"),
            models.UniqueConstraint(fields=["agreement", "number"], name="partners_agreementversion_one_per_number"),
            models.CheckConstraint(
                name="partners_agreementversion_signed_has_period",
                condition=~Q(state=VersionState.IN_FORCE) | Q(in_force__isnull=False, activated_at__isnull=False),
            ),
            ExclusionConstraint(
                name="partners_agreementversion_one_in_force",
                expressions=[
                    (
                        # No extension is needed: the key becomes a one-element range.
                        Func(
                            Func(Cast(F("agreement"), models.TextField()), Value(0), function="hashtextextended"),
                            Func(Cast(F("agreement"), models.TextField()), Value(0), function="hashtextextended"),
                            Value("[]"),
                            function="int8range",
                        ),
                        RangeOperators.EQUAL,
                    ),
                    ("in_force", RangeOperators.OVERLAPS),
                ],
                condition=Q(state=VersionState.IN_FORCE),
            ),
        ]

    def __str__(self):
        return f"{self.agreement.number} v{self.number}"

    @told
    def permitted(self) -> list[str]:
        """Its lines, each in words."""
        return sorted(str(line) for line in self.lines.select_related("purpose"))


class Form(models.TextChoices):
    CLEAR = "clear", _("in clear")
    KEYED_MATCH = "keyed_match", _("keyed for matching")
    OPAQUE_ID = "opaque_id", _("opaque id")
    BUCKETED = "bucketed", _("in bands")
    AGGREGATED = "aggregated", _("as totals")


class TermLine(models.Model):
    """One thing that is permitted: this field, for this purpose, in this direction and form."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(AgreementVersion, models.CASCADE, related_name="lines", verbose_name=_("version"))
    direction = models.CharField(_("direction"), max_length=4, choices=Direction)
    purpose = models.ForeignKey("consents.Purpose", models.PROTECT, related_name="+", verbose_name=_("purpose"))
    field = models.SlugField(
        _("field"), max_length=60, help_text=_("Code of an attribute or identifier, or opaque_id.")
    )
    form = models.CharField(_("form"), max_length=12, choices=Form, default=Form.CLEAR)
    max_rows = models.PositiveIntegerField(_("at most rows"), null=True, blank=True)
    duties = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("duties"))

    class Meta:
        verbose_name = _("term")
        verbose_name_plural = _("terms")
        constraints = [
            one_of("direction", Direction),
            one_of("form", Form),
            models.UniqueConstraint(
                fields=["version", "direction", "purpose", "field", "form"], name="partners_termline_once"
            ),
        ]

    def __str__(self):
        """Such as `city:clear out partner_offers <=500 no_profiling`: the same words for the same term, for ever."""
        limit = [] if self.max_rows is None else [f"<={self.max_rows}"]
        return " ".join([f"{self.field}:{self.form}", self.direction, self.purpose.key, *limit, *self.duties])


class Capacity(models.TextChoices):
    BUSINESS = "business", _("business owner")
    COMPLIANCE = "compliance", _("compliance")


class Signature(models.Model):
    """One approval of exactly these terms. The table refuses the author's, and a second one by the same person.

    `seal` is a keyed digest of the row, made by `partners.agreements.approvals` with a key that is not in the
    database: an approval that was written by SQL does not verify, and nothing is shared on its strength.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    version = models.ForeignKey(AgreementVersion, models.PROTECT, related_name="signatures", verbose_name=_("version"))
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+", verbose_name=_("person"))
    capacity = models.CharField(_("capacity"), max_length=12, choices=Capacity)
    terms_sha256 = models.CharField(_("digest of the terms seen"), max_length=64)
    reason = models.TextField(_("note"), blank=True)
    seal = models.BinaryField(_("seal of this installation"), max_length=32)
    signed_at = models.DateTimeField(_("signed"), db_default=models.functions.Now(), editable=False)

    class Meta:
        verbose_name = _("approval")
        verbose_name_plural = _("approvals")
        constraints = [
            one_of("capacity", Capacity),
            models.UniqueConstraint(
                fields=["version", "person", "terms_sha256"], name="partners_signature_one_per_person"
            ),
        ]
