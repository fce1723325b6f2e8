"""The vocabulary: which attributes and identifiers exist, and how each behaves."""

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.history import tracked
from cdp.base.personal_data import DigestField


class Classification(models.TextChoices):
    """How close a field is to a person. `direct` and `special` are always sealed."""

    DIRECT = "direct", _("direct identifier")
    QUASI = "quasi", _("quasi-identifier")
    SPECIAL = "special", _("special category")
    OPEN = "open", _("open")


#: Of these classes values are always sealed.
SEALED = frozenset({Classification.DIRECT, Classification.SPECIAL})


class ValueType(models.TextChoices):
    TEXT = "text", _("text")
    NUMBER = "number", _("number")
    DATE = "date", _("date")
    BOOLEAN = "boolean", _("yes or no")
    LIST = "list", _("list")


class Attribute(models.Model):
    """One thing that may be known of a person: its type, its classification, how long a stated value is fresh."""

    id = models.SmallAutoField(primary_key=True)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    type = models.CharField(_("type"), max_length=8, choices=ValueType, default=ValueType.TEXT)
    classification = models.CharField(_("classification"), max_length=8, choices=Classification)
    group = models.SlugField(
        _("group"),
        max_length=40,
        blank=True,
        help_text=_("Under which heading the page of a person shows it: name, address, or empty for the rest."),
    )
    freshness_days = models.PositiveIntegerField(
        _("fresh for (days)"), default=365, help_text=_("How long a value that the person stated stands first.")
    )
    active = models.BooleanField(_("active"), default=True)
    history = tracked()

    class Meta:
        verbose_name = _("attribute")
        verbose_name_plural = _("attributes")
        ordering = ["code"]
        constraints = [one_of("type", ValueType), one_of("classification", Classification)]

    def __str__(self):
        return gettext(self.title)  # the vocabulary that every installation has is in the catalogues

    @property
    def sealed(self) -> bool:
        return self.classification in SEALED


class NamespaceRole(models.TextChoices):
    """What an identifier may do in resolution (identity policy)."""

    ANCHOR = "anchor", _("anchor: names one person in one system")
    LINKING = "linking", _("linking")
    SUPPORTED = "supported", _("linking with support")
    LAST_LOGIN = "last_login", _("last login: never joins two people")
    EVIDENCE = "evidence", _("evidence only")
    APART = "apart", _("apart: third-party, never joins a known person")


#: Roles whose values may join anybody at all.
JOINING = (NamespaceRole.ANCHOR, NamespaceRole.LINKING, NamespaceRole.SUPPORTED, NamespaceRole.LAST_LOGIN)


class Normaliser(models.TextChoices):
    EMAIL = "email", _("e-mail")
    PHONE = "phone", _("phone")
    NUMBER = "number", _("customer or loyalty number")
    LOGIN = "login", _("login or device")
    NATIONAL_ID = "national_id", _("national id")


class Namespace(models.Model):
    """A kind of identifier and its policy. A number that belongs to one system has a namespace of its own."""

    id = models.SmallAutoField(primary_key=True)
    code = models.SlugField(_("code"), max_length=60, unique=True)
    title = models.CharField(_("title"), max_length=120)
    role = models.CharField(_("role"), max_length=12, choices=NamespaceRole)
    normaliser = models.CharField(_("normal form"), max_length=12, choices=Normaliser)
    priority = models.PositiveSmallIntegerField(_("priority"), default=5, help_text=_("1 is tried first."))
    max_per_profile = models.PositiveSmallIntegerField(_("at most per profile"), default=5)
    hub_limit = models.PositiveSmallIntegerField(
        _("hub limit"), default=2, help_text=_("A value seen with more people than this is shared and joins nobody.")
    )
    window_days = models.PositiveIntegerField(
        _("window (days)"), null=True, blank=True, help_text=_("Empty: for ever.")
    )
    many = models.BooleanField(
        _("many at once"), default=False, help_text=_("A person keeps earlier values when the source sends a new one.")
    )
    contact_channel = models.CharField(
        _("contact channel"),
        max_length=12,
        blank=True,
        help_text=_("email or sms, where it is an address to write to."),
    )
    history = tracked()

    class Meta:
        verbose_name = _("namespace")
        verbose_name_plural = _("namespaces")
        ordering = ["priority", "code"]
        constraints = [one_of("role", NamespaceRole), one_of("normaliser", Normaliser)]

    def __str__(self):
        return gettext(self.title)  # the vocabulary that every installation has is in the catalogues


class Verdict(models.TextChoices):
    SHARED = "shared", _("shared: joins nobody")
    PRIVATE = "private", _("private: one person's, an exception")
    BLOCKED = "blocked", _("blocked")


class SharedIdentifier(models.Model):
    """An identifier value that is a hub, and what a steward said of it. Serves contact and search, never matching."""

    namespace = models.ForeignKey(Namespace, models.PROTECT, verbose_name=_("namespace"))
    blind = DigestField(_("blind index"))
    verdict = models.CharField(_("verdict"), max_length=8, choices=Verdict, default=Verdict.SHARED)
    people_seen = models.PositiveIntegerField(_("people seen"), default=0)
    reason = models.TextField(_("reason"), blank=True)
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    created_at = models.DateTimeField(_("since"), auto_now_add=True)
    history = tracked()

    class Meta:
        verbose_name = _("shared identifier")
        verbose_name_plural = _("shared identifiers")
        constraints = [
            one_of("verdict", Verdict),
            models.UniqueConstraint(fields=["namespace", "blind"], name="profiles_sharedidentifier_one_per_value"),
        ]
