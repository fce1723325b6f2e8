"""What is folded from the evidence, and can be folded again at any time (`manage.py verify`, `manage.py rebuild`)."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.ids import uuid7


class ProfileQuerySet(models.QuerySet):
    def living(self):
        """Real people who have not been erased: what every count, list and segment is about."""
        return self.filter(is_test=False, erased_at=None)


class Profile(models.Model):
    """A cluster of identities that are one person. Its id is the oldest id among theirs."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    first_seen_at = models.DateTimeField(_("first seen"), null=True, blank=True)
    last_seen_at = models.DateTimeField(_("last seen"), null=True, blank=True)
    erased_at = models.DateTimeField(_("erased"), null=True, blank=True)
    identity_count = models.PositiveIntegerField(_("sources' records"), default=1)
    is_test = models.BooleanField(_("test data"), default=False)

    objects = ProfileQuerySet.as_manager()

    class Meta:
        verbose_name = _("profile")
        verbose_name_plural = _("profiles")
        permissions = [("reveal_profile", "Can open personal values")]

    def __str__(self):
        return f"prf_{self.id}"


class Alias(models.Model):
    """Which profile an identity's id meant until it moved. The view profiles_identity_history adds the present."""

    pk = models.CompositePrimaryKey("identity_id", "valid_from")
    identity = models.ForeignKey(
        "profiles.SourceIdentity",
        models.PROTECT,
        related_name="aliases",
        db_index=False,
        db_constraint=False,
        verbose_name=_("source identity"),
    )
    profile = models.UUIDField(_("profile"))
    valid_from = models.DateTimeField(_("from"))
    valid_to = models.DateTimeField(_("to"))

    class Meta:
        verbose_name = _("alias")
        verbose_name_plural = _("aliases")
        indexes = [models.Index(fields=["profile"], name="profiles_alias_of_profile")]


class Rule(models.IntegerChoices):
    """Which rule of survivorship decided, in order (identity specification, golden values)."""

    ONLY = 0, _("the only value")
    PIN = 1, _("a steward's choice")
    ZERO_PARTY = 2, _("told by the person, and fresh")
    VERIFIED = 3, _("verified")
    PARTY = 4, _("nearer to the person")
    TRUST = 5, _("the more trusted source")
    RECENT = 6, _("the more recent")
    TIE = 7, _("the first by source and id")


class GoldenValue(models.Model):
    """The value that stands for an attribute of a profile, its winner and the rule that decided.

    Open values are copied here for segments; a sealed value stays in its record and is opened through the vault.
    """

    pk = models.CompositePrimaryKey("profile_id", "attribute_id")
    profile = models.ForeignKey(
        Profile,
        models.DO_NOTHING,
        related_name="golden",
        db_index=False,
        db_constraint=False,
        verbose_name=_("profile"),
    )
    record = models.ForeignKey(
        "profiles.Record",
        models.DO_NOTHING,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("record of the winning value"),
    )
    attribute = models.ForeignKey(
        "profiles.Attribute",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("attribute"),
    )
    candidates = models.PositiveSmallIntegerField(_("candidates"), default=1)
    party = models.PositiveSmallIntegerField(_("party"))
    rule = models.PositiveSmallIntegerField(_("decided by"), choices=Rule)
    boolean = models.BooleanField(_("yes or no"), null=True, blank=True)
    date = models.DateField(_("date"), null=True, blank=True)
    text = models.TextField(_("text"), null=True, blank=True)
    number = models.DecimalField(_("number"), max_digits=20, decimal_places=6, null=True, blank=True)
    items = models.JSONField(_("list"), null=True, blank=True)

    class Meta:
        verbose_name = _("golden value")
        verbose_name_plural = _("golden values")
        constraints = [
            one_of("rule", Rule),
        ]
        indexes = [
            models.Index(
                fields=["attribute", "text", "profile"],
                condition=models.Q(text__isnull=False),
                name="profiles_golden_text",
            ),
            models.Index(
                fields=["attribute", "number", "profile"],
                condition=models.Q(number__isnull=False),
                name="profiles_golden_number",
            ),
            models.Index(
                fields=["attribute", "date", "profile"],
                condition=models.Q(date__isnull=False),
                name="profiles_golden_date",
            ),
        ]


class RefusedLink(models.Model):
    """Two identities share an identifier and were yet not joined; the reason is shown to a steward."""

    id = models.BigAutoField(primary_key=True)
    identity = models.ForeignKey(
        "profiles.SourceIdentity", models.DO_NOTHING, related_name="+", verbose_name=_("source identity")
    )
    other = models.ForeignKey(
        "profiles.SourceIdentity", models.DO_NOTHING, related_name="+", verbose_name=_("other source identity")
    )
    namespace = models.ForeignKey("profiles.Namespace", models.PROTECT, related_name="+", verbose_name=_("namespace"))
    reason = models.CharField(_("reason"), max_length=40)
    created_at = models.DateTimeField(_("since"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("refused link")
        verbose_name_plural = _("refused links")
        constraints = [
            models.UniqueConstraint(fields=["identity", "other", "namespace"], name="profiles_refusedlink_once"),
        ]


class WorkState(models.TextChoices):
    OPEN = "open", _("open")
    DONE = "done", _("done")
    DISMISSED = "dismissed", _("dismissed")


class WorkItem(models.Model):
    """Something that waits for a person: what, why, since when, and how it ended."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.SlugField(_("kind"), max_length=40)
    identity_ref = models.UUIDField(_("about"), null=True, blank=True)
    why = models.TextField(_("why"))
    fingerprint = models.CharField(max_length=64, help_text=_("Equal for the same question, so that it is asked once."))
    state = models.CharField(_("state"), max_length=10, choices=WorkState, default=WorkState.OPEN)
    assignee = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("assignee")
    )
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)

    class Meta:
        verbose_name = _("work item")
        verbose_name_plural = _("work items")
        constraints = [
            one_of("state", WorkState),
            models.UniqueConstraint(fields=["kind", "fingerprint"], name="profiles_workitem_asked_once"),
        ]
        indexes = [models.Index(fields=["state", "kind", "created_at"], name="profiles_workitem_queue")]
