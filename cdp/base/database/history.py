"""django-simple-history as this house uses it: big ids, a plain reference to the user, text reasons."""

from django.db import models, transaction
from simple_history.models import HistoricalRecords


class Tracked(HistoricalRecords):
    """History that is written in the transaction of the change, which the tables demand; a reason is used once."""

    def add_extra_methods(self, cls):
        super().add_extra_methods(cls)
        cls.save = transaction.atomic(cls.save)
        cls.delete = transaction.atomic(cls.delete)

    def post_save(self, instance, created, using=None, **kwargs):
        super().post_save(instance, created, using=using, **kwargs)
        instance._change_reason = None


def tracked(*, excluded: tuple[str, ...] = (), **options) -> HistoricalRecords:
    """History of who changed what and why. No foreign key to staff, so no deletion can alter it."""
    return Tracked(
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.UUIDField(null=True),
        excluded_fields=list(excluded),
        **options,
    )
