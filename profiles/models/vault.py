"""Keys of people, and who opened what. The key table lives in the schema `vault`, outside the ordinary dump."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _


class DataKey(models.Model):
    """The data key of an identity, wrapped by a versioned key-encryption key. Destroying it shreds what is sealed."""

    identity = models.UUIDField(primary_key=True, editable=False)
    wrapped = models.BinaryField(null=True)
    kek_version = models.PositiveSmallIntegerField()
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("key of a person")
        verbose_name_plural = _("keys of people")


class AccessEntry(models.Model):
    """Somebody opened personal values: who, when, of whom, which, for what. Append-only."""

    id = models.BigAutoField(primary_key=True)
    recorded_at = models.DateTimeField(_("when"), db_default=models.functions.Now(), editable=False)
    actor = models.UUIDField(_("user id"), null=True, help_text=_("A plain reference: staff may leave, the log stays."))
    actor_label = models.CharField(_("who"), max_length=150)
    action = models.SlugField(_("action"), max_length=40)
    purpose = models.TextField(_("purpose"))
    identities = ArrayField(models.UUIDField(), default=list, verbose_name=_("people"))
    fields = ArrayField(models.CharField(max_length=60), default=list, verbose_name=_("fields"))
    count = models.PositiveIntegerField(_("values"), default=0)
    allowed = models.BooleanField(_("allowed"), default=True)
    request_id = models.CharField(_("request"), max_length=64, blank=True)

    class Meta:
        verbose_name = _("access log entry")
        verbose_name_plural = _("access log")
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["actor", "-id"], name="profiles_access_by_actor"),
            GinIndex(fields=["identities"], name="profiles_access_by_person"),
        ]
