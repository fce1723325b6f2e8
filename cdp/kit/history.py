"""django-simple-history as this house uses it: big ids, a plain reference to the user, text reasons."""

from django.db import models
from simple_history.models import HistoricalRecords


def tracked(*, excluded: tuple[str, ...] = (), **options) -> HistoricalRecords:
    """History of who changed what and why. No foreign key to staff, so no deletion can alter it."""
    return HistoricalRecords(
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.UUIDField(null=True),
        excluded_fields=list(excluded),
        **options,
    )
