"""Where data comes from: systems, their keys, the files and mappings they send."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.history import tracked
from cdp.base.database.ids import NextNumber, uuid7


class Party(models.IntegerChoices):
    """How near to the person a value was gathered."""

    ZERO = 0, _("zero-party: the person told us on purpose")
    FIRST = 1, _("first-party: seen in our own relation")
    SECOND = 2, _("second-party: from a partner under an agreement")
    THIRD = 3, _("third-party: bought or anonymous")


class SourceKind(models.TextChoices):
    SERVER = "server", _("server")
    BROWSER = "browser", _("browser")
    FILE = "file", _("file")
    STAFF = "staff", _("staff")


class Source(models.Model):
    """A system that sends data: its party, how far it is trusted, and how its values are read."""

    id = models.SmallAutoField(primary_key=True)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    title = models.CharField(_("title"), max_length=120)
    kind = models.CharField(_("kind"), max_length=8, choices=SourceKind, default=SourceKind.SERVER)
    party = models.PositiveSmallIntegerField(_("party"), choices=Party, default=Party.FIRST)
    trust = models.PositiveSmallIntegerField(
        _("trust"), default=50, help_text=_("0 to 100; the higher wins when sources disagree.")
    )
    namespace = models.ForeignKey(
        "profiles.Namespace",
        models.PROTECT,
        verbose_name=_("own number"),
        help_text=_("The kind of identifier that its customer ids are."),
    )
    default_country = models.CharField(
        _("default country"), max_length=2, default="DK", help_text=_("Reads phone numbers without a country code.")
    )
    time_zone = models.CharField(
        _("time zone"),
        max_length=40,
        default="Europe/Copenhagen",
        help_text=_("Reads times without an offset in files."),
    )
    values_verified = models.BooleanField(_("values are verified"), default=False)
    allowed_origins = ArrayField(
        models.CharField(max_length=200), default=list, blank=True, verbose_name=_("allowed origins")
    )
    skew_threshold_seconds = models.PositiveIntegerField(_("clock skew allowed (s)"), default=60)
    enabled = models.BooleanField(_("enabled"), default=True)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = tracked()

    class Meta:
        verbose_name = _("source")
        verbose_name_plural = _("sources")
        ordering = ["code"]
        constraints = [
            one_of("kind", SourceKind),
            one_of("party", Party),
            models.CheckConstraint(name="profiles_source_trust_to_100", condition=Q(trust__lte=100)),
        ]

    def __str__(self):
        return self.title


class SourceKey(models.Model):
    """A write key: it may send, and can never read. Only its SHA-256 is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="keys", verbose_name=_("source"))
    start = models.CharField(_("begins with"), max_length=8)
    digest = models.BinaryField(max_length=32, unique=True)
    is_test = models.BooleanField(_("test key"), default=False)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    last_used_at = models.DateTimeField(_("last used"), null=True, blank=True)
    revoked_at = models.DateTimeField(_("revoked"), null=True, blank=True)
    history = tracked(excluded=("last_used_at", "digest"))

    class Meta:
        verbose_name = _("write key")
        verbose_name_plural = _("write keys")

    def __str__(self):
        return f"{self.start}…"


class RowKind(models.TextChoices):
    CUSTOMERS = "customers", _("customers: one row a person")
    EVENTS = "events", _("events: one row an event")
    CONSENTS = "consents", _("consents: one row a decision")


class Mapping(models.Model):
    """A named template: how the columns of a file become identifiers, attributes and events (docs/integrations.md)."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey(Source, models.CASCADE, related_name="mappings", verbose_name=_("source"))
    name = models.CharField(_("name"), max_length=80)
    rows = models.CharField(_("rows are"), max_length=10, choices=RowKind)
    spec = models.JSONField(_("columns"), default=dict)
    created_at = models.DateTimeField(_("created"), auto_now_add=True)
    history = tracked()

    class Meta:
        verbose_name = _("mapping")
        verbose_name_plural = _("mappings")
        constraints = [
            one_of("rows", RowKind),
            models.UniqueConstraint(fields=["source", "name"], name="profiles_mapping_one_name_per_source"),
        ]

    def __str__(self):
        return self.name


class ImportState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    CHECKED = "checked", _("checked: dry run done")
    RUNNING = "running", _("running")
    PAUSED = "paused", _("paused")
    DONE = "done", _("done")
    FAILED = "failed", _("failed")
    CANCELLED = "cancelled", _("cancelled")


class FileImport(models.Model):
    """One file, or one partner delivery, on its way in; applied in blocks and resumed from the last committed one.

    What came with it names it by `number`, which is small.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    number = models.IntegerField(
        _("number"), unique=True, editable=False, db_default=NextNumber("profiles_fileimport_number_seq")
    )
    source = models.ForeignKey(Source, models.PROTECT, related_name="file_imports", verbose_name=_("source"))
    mapping = models.ForeignKey(Mapping, models.PROTECT, null=True, blank=True, verbose_name=_("mapping"))
    party = models.PositiveSmallIntegerField(_("party"), choices=Party)
    agreement_version = models.UUIDField(
        _("agreement version"), null=True, blank=True, help_text=_("Needed for second- and third-party data.")
    )
    state = models.CharField(_("state"), max_length=10, choices=ImportState, default=ImportState.WAITING)
    file_name = models.CharField(_("file"), max_length=300)
    stored_as = models.CharField(max_length=80, blank=True)
    sha256 = models.CharField(_("SHA-256"), max_length=64)
    format = models.JSONField(
        _("format"), default=dict, help_text=_("Encoding, separator, decimal sign, as detected or declared.")
    )
    rows_total = models.PositiveIntegerField(_("rows in the file"), null=True, blank=True)
    rows_done = models.PositiveIntegerField(_("rows done"), default=0)
    rows_new = models.PositiveIntegerField(_("new"), default=0)
    rows_updated = models.PositiveIntegerField(_("updated"), default=0)
    rows_unchanged = models.PositiveIntegerField(_("unchanged"), default=0)
    rows_rejected = models.PositiveIntegerField(_("rejected"), default=0)
    samples = models.JSONField(_("samples"), default=dict, help_text=_("Masked samples of the dry run, by class."))
    blocks_done = models.PositiveIntegerField(_("blocks done"), default=0)
    leased_until = models.DateTimeField(null=True, blank=True)
    error = models.TextField(_("error"), blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("started by")
    )
    created_at = models.DateTimeField(_("created"), db_default=models.functions.Now(), editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True)

    class Meta:
        verbose_name = _("import")
        verbose_name_plural = _("imports")
        permissions = [("run_fileimport", "Can run imports")]
        ordering = ["-id"]
        constraints = [
            one_of("party", Party),
            one_of("state", ImportState),
            models.CheckConstraint(
                name="profiles_fileimport_second_party_has_terms",
                condition=Q(party__in=[Party.ZERO, Party.FIRST], agreement_version=None)
                | Q(party__in=[Party.SECOND, Party.THIRD], agreement_version__isnull=False),
                violation_error_message=_(
                    "Data from partners and suppliers needs an agreement in force; own data has none."
                ),
            ),
            models.UniqueConstraint(
                fields=["source", "sha256", "mapping"],
                condition=Q(state__in=[ImportState.RUNNING, ImportState.PAUSED, ImportState.DONE]),
                nulls_distinct=False,
                name="profiles_fileimport_same_file_once",
            ),
        ]

    def __str__(self):
        return self.file_name


class Rejection(models.Model):
    """A row that was refused: where, why and what to do. The row itself is sealed; it comes back in the reject file."""

    file_import = models.ForeignKey(FileImport, models.CASCADE, related_name="rejections", verbose_name=_("import"))
    row_number = models.PositiveIntegerField(_("row"))
    column = models.CharField(_("column"), max_length=200, blank=True)
    code = models.CharField(_("code"), max_length=40)
    detail = models.TextField(_("what to do"))
    sealed_row = models.BinaryField()

    class Meta:
        verbose_name = _("rejected row")
        verbose_name_plural = _("rejected rows")
        constraints = [
            models.UniqueConstraint(fields=["file_import", "row_number"], name="profiles_rejection_once_per_row")
        ]
