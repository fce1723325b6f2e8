"""What may be asked, in which words, where. Published versions never change.

Their keys are small, for every decision of every person names five of them; outside they are known by `key`.
"""

from collections.abc import Iterable
from datetime import datetime
from operator import attrgetter

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of, ordered
from cdp.base.database.history import tracked


class Controller(models.Model):
    """Who decides over the data: the company, a brand, a joint controller."""

    id = models.AutoField(primary_key=True)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    name = models.CharField(_("name"), max_length=200)
    address = models.TextField(_("address"), blank=True)
    contact = models.CharField(_("contact"), max_length=200, blank=True)
    email = models.EmailField(_("e-mail"), blank=True)
    url = models.URLField(_("web address"), blank=True)
    country = models.CharField(_("country"), max_length=2, default="DK")
    history = tracked()

    class Meta:
        verbose_name = _("controller")
        verbose_name_plural = _("controllers")

    def __str__(self):
        return self.name


class Purpose(models.Model):
    """Why data may be used. Its rules stand in its versions."""

    id = models.AutoField(primary_key=True)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    dpv_iri = models.CharField(_("DPV term"), max_length=200, blank=True)
    direct_marketing = models.BooleanField(_("direct marketing"), default=False)
    profiling = models.BooleanField(_("profiling"), default=False)
    automated_decision = models.BooleanField(_("automated decisions"), default=False)
    active = models.BooleanField(_("active"), default=True)
    history = tracked()

    class Meta:
        verbose_name = _("purpose")
        verbose_name_plural = _("purposes")
        ordering = ["key"]

    def __str__(self):
        return self.title


class LegalBasis(models.TextChoices):
    """GDPR Article 6(1), and the soft opt-in of the ePrivacy rules."""

    CONSENT = "consent", _("consent, Art. 6(1)(a)")
    CONTRACT = "contract", _("contract, Art. 6(1)(b)")
    LEGAL_OBLIGATION = "legal_obligation", _("legal obligation, Art. 6(1)(c)")
    VITAL_INTERESTS = "vital_interests", _("vital interests, Art. 6(1)(d)")
    PUBLIC_TASK = "public_task", _("public task, Art. 6(1)(e)")
    LEGITIMATE_INTERESTS = "legitimate_interests", _("legitimate interests, Art. 6(1)(f)")


class ReconsentPolicy(models.TextChoices):
    KEEP = "keep", _("earlier consents stand")
    REQUIRE = "require", _("ask again")


class PurposeVersion(models.Model):
    """The rules of a purpose from a moment on. Immutable once published; the newest published one is in force."""

    id = models.AutoField(primary_key=True)
    purpose = models.ForeignKey(Purpose, models.PROTECT, related_name="versions", verbose_name=_("purpose"))
    number = models.PositiveIntegerField(_("version"))
    description = models.JSONField(_("description"), default=dict, help_text=_("In each language."))
    legal_basis = models.CharField(_("legal basis"), max_length=24, choices=LegalBasis, default=LegalBasis.CONSENT)
    special_category = models.BooleanField(_("special category (Art. 9)"), default=False)
    data_categories = ArrayField(
        models.CharField(max_length=80), default=list, blank=True, verbose_name=_("data categories")
    )
    valid_months = models.PositiveIntegerField(
        _("valid for (months)"), null=True, blank=True, help_text=_("Empty: until withdrawn.")
    )
    min_age = models.PositiveSmallIntegerField(
        _("lowest age"), null=True, blank=True, help_text=_("Empty: the age limit of the country.")
    )
    reconsent = models.CharField(
        _("earlier consents"), max_length=8, choices=ReconsentPolicy, default=ReconsentPolicy.KEEP
    )
    published_at = models.DateTimeField(_("published"), null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("purpose version")
        verbose_name_plural = _("purpose versions")
        ordering = ["purpose", "-number"]
        constraints = [
            one_of("legal_basis", LegalBasis),
            one_of("reconsent", ReconsentPolicy),
            models.UniqueConstraint(fields=["purpose", "number"], name="consents_purposeversion_one_per_number"),
        ]

    def __str__(self):
        return f"{self.purpose} v{self.number}"


def in_force(versions: Iterable[PurposeVersion], moment: datetime) -> PurposeVersion | None:
    """Which of the versions of one purpose says the rules at `moment`: the newest of those published by then."""
    published = [version for version in versions if version.published_at and version.published_at <= moment]
    return max(published, key=attrgetter("number"), default=None)


def _alone(field: str) -> Func:
    """The field as a range of one number, so that an exclusion constraint compares it without an extension."""
    number = Func(F(field), Value(0), function="hashtextextended")
    return Func(number, number, Value("[]"), function="int8range")


class NoticeVersion(models.Model):
    """The exact words that a person was shown, found by their SHA-256. Immutable once published.

    Who publishes states since when they are in use; one version of a key and language is in use at a time.
    """

    id = models.AutoField(primary_key=True)
    key = models.SlugField(_("key"), max_length=60)
    language = models.CharField(_("language"), max_length=2)
    version = models.PositiveIntegerField(_("version"))
    text = models.TextField(_("words as shown"))
    withdrawal_text = models.TextField(_("how to withdraw"))
    sha256 = models.CharField(_("SHA-256"), max_length=64, editable=False)
    purposes = models.ManyToManyField(
        PurposeVersion,
        related_name="notices",
        verbose_name=_("purpose versions"),
        help_text=_("What these words ask for."),
    )
    recipients = ArrayField(
        models.CharField(max_length=200),
        default=list,
        blank=True,
        verbose_name=_("named recipients"),
        help_text=_("Public names of partners that the words name."),
    )
    material_change = models.BooleanField(_("material change"), default=False)
    published_from = models.DateTimeField(_("in use from"), null=True, blank=True)
    published_to = models.DateTimeField(_("in use until"), null=True, blank=True)
    history = tracked()

    class Meta:
        verbose_name = _("notice")
        verbose_name_plural = _("notices")
        ordering = ["key", "language", "-version"]
        constraints = [
            ordered("published_from", "published_to"),
            models.UniqueConstraint(
                fields=["key", "language", "version"], name="consents_noticeversion_one_per_number"
            ),
            ExclusionConstraint(
                name="consents_noticeversion_one_in_use",
                expressions=[
                    (_alone("key"), RangeOperators.EQUAL),
                    (_alone("language"), RangeOperators.EQUAL),
                    (
                        Func("published_from", "published_to", function="tstzrange", output_field=DateTimeRangeField()),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(published_from__isnull=False),
            ),
        ]

    def __str__(self):
        return f"{self.key} v{self.version} ({self.language})"

    def in_use_at(self, moment) -> bool:
        begun = self.published_from is not None and self.published_from <= moment
        return begun and (self.published_to is None or moment < self.published_to)


class Trust(models.TextChoices):
    """How directly a collection point hears the person."""

    SUBJECT_DIRECT = "subject_direct", _("the person, directly")
    STAFF_ENTERED = "staff_entered", _("staff, for the person")
    PARTNER_ASSERTED = "partner_asserted", _("a partner says so")
    IMPORTED_LEGACY = "imported_legacy", _("imported from an older system")


class PointKind(models.TextChoices):
    WEB_FORM = "web_form", _("web form")
    TILL = "till", _("till")
    CALL_CENTRE = "call_centre", _("call centre")
    APP = "app", _("app")
    PAPER = "paper", _("paper")
    PARTNER_FEED = "partner_feed", _("partner feed")


class CollectionPoint(models.Model):
    """Where people are asked, and for which purposes it may ask."""

    id = models.AutoField(primary_key=True)
    key = models.SlugField(_("key"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=12, choices=PointKind)
    trust = models.CharField(_("trust"), max_length=16, choices=Trust)
    needs_double_opt_in = models.BooleanField(_("needs double opt-in"), default=False)
    purposes = models.ManyToManyField(
        Purpose,
        related_name="collection_points",
        verbose_name=_("purposes"),
        help_text=_("What may be asked for here."),
    )
    active = models.BooleanField(_("active"), default=True)
    history = tracked()

    class Meta:
        verbose_name = _("collection point")
        verbose_name_plural = _("collection points")
        ordering = ["key"]
        constraints = [one_of("kind", PointKind), one_of("trust", Trust)]

    def __str__(self):
        return self.title


class AgeLimit(models.Model):
    """From which age a person consents alone, by country and date. Data that a compliance officer confirms."""

    country = models.CharField(_("country"), max_length=2)
    years = models.PositiveSmallIntegerField(_("years"))
    valid_from = models.DateField(_("from"))
    reason = models.TextField(_("legal reason"))
    confirmed = models.BooleanField(_("confirmed by a compliance officer"), default=False)
    history = tracked()

    class Meta:
        verbose_name = _("age limit")
        verbose_name_plural = _("age limits")
        ordering = ["country", "-valid_from"]
        constraints = [
            models.UniqueConstraint(fields=["country", "valid_from"], name="consents_agelimit_one_per_day"),
            models.CheckConstraint(name="consents_agelimit_13_to_18", condition=Q(years__range=(13, 18))),
        ]
