"""The feed of changes: what happened to whom, in the order in which readers take it."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _


class ChangeKind(models.TextChoices):
    PROFILE_CREATED = "profile.created", _("profile created")
    PROFILE_CHANGED = "profile.changed", _("profile changed")
    PROFILE_MERGED = "profile.merged", _("profile merged into another")
    PROFILE_PARTED = "profile.parted", _("profile parted from another")
    PROFILE_ERASED = "profile.erased", _("profile erased")
    CONSENT_CHANGED = "consent.changed", _("consent changed")
    MEMBER_ENTERED = "member.entered", _("member entered")
    MEMBER_LEFT = "member.left", _("member left")
    AGREEMENT_MOVED = "agreement.moved", _("new state of an agreement")
    DELIVERY_MOVED = "delivery.moved", _("new state of a delivery")
    ACTIVATION_MOVED = "activation.moved", _("new state of an activation")
    IMPORT_MOVED = "import.moved", _("new state of an import")


class TransactionId(models.Field):
    """The 64-bit number of a transaction (xid8), which never comes again in one cluster."""

    def db_type(self, connection):
        return "xid8"

    def from_db_value(self, value, expression, connection):
        return value if value is None else int(value)


class Change(models.Model):
    """One change, written in its transaction. Its place in the feed is (epoch, xid, seq), the key in the database.

    object: the profile merged into or parted from; the segment, agreement, delivery, activation or import.
    what: of a profile its attributes, `source_records` or `events`; of consents `consent:purpose`, `objection:purpose`,
    `objection`, `restriction`, `suppression`; of what moved the state that it is in now.
    epoch: rises with each restore from a backup, because the numbers of transactions start anew there.
    """

    seq = models.BigIntegerField(primary_key=True)
    epoch = models.IntegerField()
    xid = TransactionId()
    kind = models.CharField(_("change"), max_length=20, choices=ChangeKind)
    profile = models.UUIDField(_("profile"), null=True)
    object = models.UUIDField(_("concerns"), null=True)
    what = ArrayField(models.TextField(), default=list, verbose_name=_("what"))
    is_test = models.BooleanField(_("test data"), default=False)
    recorded_at = models.DateTimeField(_("recorded"), db_default=models.functions.Now())

    class Meta:
        verbose_name = _("change")
        verbose_name_plural = _("changes")
        managed = False
        db_table = "profiles_change"
