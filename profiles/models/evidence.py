"""What was said, and by whom. Append-only: the tables refuse every change but that of a projection column.

Fields stand in the order in which the database pads least: eight bytes, UUIDs, four, two, one, then of any length.

Facts have no foreign keys in the database: the one writer stores them in one transaction with what they refer to, and
checking each row again costs an import much of the database's time. `manage.py verify` counts references that lead
nowhere. Attributes and namespaces, which people edit, cannot be deleted while a fact names them (profiles/sql).
"""

from django.conf import settings
from django.contrib.postgres.functions import TransactionNow
from django.db import models
from django.db.models import Func, Q
from django.db.models.lookups import Exact
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.ids import uuid7
from cdp.base.personal_data import DigestField
from profiles.models.sources import Party


class SourceIdentity(models.Model):
    """One person as one source knows them: (source, external id).

    Its id is the profile id that was made for it when it arrived, and is what personal values are sealed to
    (`identity_ref`). `profile` is projection: the cluster it belongs to since `profile_since`. So every profile id that
    was ever given resolves here in one step, to itself or to the survivor; where it belonged before stands in Alias.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    external_key = DigestField(_("external id (blind)"))
    profile = models.ForeignKey(
        "profiles.Profile",
        models.DO_NOTHING,
        related_name="identities",
        db_constraint=False,
        verbose_name=_("profile"),
    )
    profile_since = models.DateTimeField(_("belongs to it since"), db_default=TransactionNow(), editable=False)
    created_at = models.DateTimeField(_("first seen"), db_default=models.functions.Now(), editable=False)
    source = models.ForeignKey(
        "profiles.Source", models.PROTECT, related_name="+", db_index=False, verbose_name=_("source")
    )
    is_test = models.BooleanField(_("test data"), default=False)

    class Meta:
        verbose_name = _("source identity")
        verbose_name_plural = _("source identities")
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_key", "is_test"], name="profiles_sourceidentity_one_per_external_id"
            )
        ]

    def __str__(self):
        return f"…{str(self.pk)[-12:]}"


class Record(models.Model):
    """An immutable source record: what (source, external id) said, version by version.

    It holds the values that were said, the personal ones in one sealed document; its identifiers are rows of their own,
    for people are found by them.
    """

    id = models.BigAutoField(primary_key=True)
    observed_at = models.DateTimeField(_("collected"))
    received_at = models.DateTimeField(_("received"), db_default=models.functions.Now(), editable=False)
    valid_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    identity = models.ForeignKey(
        SourceIdentity,
        models.PROTECT,
        related_name="records",
        db_index=False,
        db_constraint=False,
        verbose_name=_("source identity"),
    )
    agreement_version = models.UUIDField(_("agreement version"), null=True, blank=True)
    file_import = models.ForeignKey(
        "profiles.FileImport",
        models.PROTECT,
        to_field="number",
        null=True,
        blank=True,
        related_name="records",
        verbose_name=_("import"),
    )
    row_number = models.PositiveIntegerField(_("row"), null=True, blank=True)
    version = models.PositiveIntegerField(_("version"), default=1)
    source = models.ForeignKey("profiles.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    party = models.PositiveSmallIntegerField(_("party"), choices=Party)
    verified = models.BooleanField(_("verified"), default=False)
    digest = models.BinaryField(_("keyed digest of its content"), max_length=16)
    traits = models.JSONField(
        _("values"),
        null=True,
        help_text=_("By attribute: an open value as it is, of a sealed one the keyed digest that equal values share."),
    )
    sealed = models.BinaryField(_("sealed values"), null=True, help_text=_("One sealed document: attribute to value."))

    class Meta:
        verbose_name = _("source record")
        verbose_name_plural = _("source records")
        constraints = [
            one_of("party", Party),
            models.UniqueConstraint(fields=["identity", "version"], name="profiles_record_one_per_version"),
            models.CheckConstraint(
                name="profiles_record_traits_by_attribute",
                condition=Exact(Func("traits", function="jsonb_typeof", output_field=models.TextField()), "object"),
            ),
            models.CheckConstraint(
                name="profiles_record_second_party_has_terms",
                condition=Q(party__in=[Party.ZERO, Party.FIRST], agreement_version=None)
                | Q(party__in=[Party.SECOND, Party.THIRD], agreement_version__isnull=False),
                violation_error_message=_("Second- and third-party data carry their agreement."),
            ),
        ]

    def __str__(self):
        return f"…{str(self.pk)[-12:]}"


class Identifier(models.Model):
    """A fact: this record names the person by this value. Sealed for reading, blind-indexed for look-up.

    The key begins with the value, so that it is also what finds people by theirs, without reading the table.
    """

    pk = models.CompositePrimaryKey("namespace_id", "blind", "identity_id", "record_id")
    record = models.ForeignKey(
        Record,
        models.PROTECT,
        related_name="identifiers",
        db_index=False,
        db_constraint=False,
        verbose_name=_("record"),
    )
    observed_at = models.DateTimeField(_("first collected"))
    identity = models.ForeignKey(
        SourceIdentity,
        models.PROTECT,
        related_name="identifiers",
        db_index=False,
        db_constraint=False,
        verbose_name=_("source identity"),
    )
    blind = DigestField(_("blind index"))
    namespace = models.ForeignKey(
        "profiles.Namespace",
        models.PROTECT,
        related_name="+",
        db_index=False,
        db_constraint=False,
        verbose_name=_("namespace"),
    )
    verified = models.BooleanField(_("verified"), default=False)
    sealed = models.BinaryField(_("sealed value"))

    class Meta:
        verbose_name = _("identifier")
        verbose_name_plural = _("identifiers")
        indexes = [models.Index(fields=["identity"], name="profiles_identifier_identity")]


class ValueLock(models.Model):
    """An identifier value that a transaction writes just now. No row outlives its transaction; see records/locks.py.

    The table is not logged: it is empty after a crash, as it is whenever nobody writes.
    """

    pk = models.CompositePrimaryKey("namespace_id", "blind")
    namespace = models.ForeignKey(
        "profiles.Namespace", models.DO_NOTHING, related_name="+", db_index=False, db_constraint=False
    )
    blind = DigestField()


class DecisionKind(models.TextChoices):
    SAME = "same", _("same person")
    NOT_SAME = "not_same", _("not the same person")
    PIN = "pin", _("this value stands")
    WITHDRAWN = "withdrawn", _("an earlier decision is withdrawn")


class StewardDecision(models.Model):
    """What a steward decided: evidence like any other, withdrawn by a later row, never changed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    kind = models.CharField(_("decision"), max_length=10, choices=DecisionKind)
    identity = models.ForeignKey(SourceIdentity, models.PROTECT, related_name="+", verbose_name=_("source identity"))
    other = models.ForeignKey(
        SourceIdentity, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("other source identity")
    )
    record = models.ForeignKey(
        Record, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("record of the value")
    )
    attribute = models.ForeignKey(
        "profiles.Attribute", models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("attribute")
    )
    withdraws = models.ForeignKey(
        "self", models.PROTECT, null=True, blank=True, related_name="withdrawn_by", verbose_name=_("withdraws")
    )
    reason = models.TextField(_("reason"))
    expires_at = models.DateTimeField(_("expires"), null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("decided by")
    )
    decided_at = models.DateTimeField(_("decided"), db_default=models.functions.Now(), editable=False)

    class Meta:
        verbose_name = _("steward decision")
        verbose_name_plural = _("steward decisions")
        permissions = [("decide_identity", "Can merge, unmerge and pin")]
        constraints = [
            one_of("kind", DecisionKind),
            models.CheckConstraint(
                name="profiles_stewarddecision_names_its_object",
                condition=Q(kind__in=[DecisionKind.SAME, DecisionKind.NOT_SAME], other__isnull=False)
                | Q(kind=DecisionKind.PIN, record__isnull=False, attribute__isnull=False)
                | Q(kind=DecisionKind.WITHDRAWN, withdraws__isnull=False),
            ),
            models.UniqueConstraint(fields=["withdraws"], name="profiles_stewarddecision_withdrawn_once"),
        ]
