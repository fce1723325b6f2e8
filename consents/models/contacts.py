"""Addresses and numbers under random ids, so that the ledger can name one without telling it."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.ids import uuid7
from cdp.base.personal_data import DigestField


class ContactPoint(models.Model):
    """One address or number, as one namespace knows it. Every namespace that reads the same value shares the `ref`.

    The tie from `ref` to a value is only this row: when it is erased, the ledger's `contact_ref` says nothing.
    """

    pk = models.CompositePrimaryKey("namespace_id", "blind")
    ref = models.UUIDField(_("contact point"), default=uuid7, editable=False, db_index=True)
    namespace = models.ForeignKey(
        "profiles.Namespace", models.PROTECT, related_name="+", db_index=False, verbose_name=_("kind of contact point")
    )
    blind = DigestField(_("blind index"))

    class Meta:
        verbose_name = _("contact point")
        verbose_name_plural = _("contact points")
