"""django-simple-history as this house uses it: big ids, a plain reference to the user, text reasons, nothing left out.

What a row is linked to is part of its history: every many-to-many field, and rows of its own that it stands for, told
in words (`also`). A verb that changes several of these writes one row of history (`one_change`).
"""

from collections.abc import Iterable
from contextlib import contextmanager

from django.db import models, transaction
from simple_history.models import HistoricalRecords


class Tracked(HistoricalRecords):
    """History that is written in the transaction of the change, which the tables demand; a reason is used once."""

    def __init__(self, *, also: Iterable[models.Field] = (), **options):
        self.also = list(also)
        super().__init__(**options)

    def add_extra_methods(self, cls):
        super().add_extra_methods(cls)
        cls.save = transaction.atomic(cls.save)
        cls.delete = transaction.atomic(cls.delete)
        cls._tracked = self

    def get_meta_options(self, model):
        """Without the index by moment and key where the key is left out."""
        options = super().get_meta_options(model)
        if model._meta.pk.name in self.excluded_fields:
            del options["indexes"]
        return options

    def get_m2m_fields_from_model(self, model):
        """All of them: nobody has to think of it."""
        return list(model._meta.local_many_to_many)

    def fields_included(self, model):
        """Of the model itself, or of one between it and what it is linked to."""
        own = issubclass(model if isinstance(model, type) else type(model), self.cls)
        return [*super().fields_included(model), *(self.also if own else [])]

    def post_save(self, instance, created, using=None, update_fields=None, **kwargs):
        """A save of nothing but untracked fields is no change."""
        if update_fields is not None and set(update_fields) <= set(self.excluded_fields):
            return
        super().post_save(instance, created, using=using, **kwargs)

    def m2m_changed(self, instance, action, attr, pk_set, reverse, **kwargs):
        """Also where it was changed from the other side, such as by adding people to a role."""
        changed = self.cls._base_manager.filter(pk__in=pk_set or ()) if reverse else [instance]
        for row in changed:
            super().m2m_changed(row, action, attr, pk_set, reverse, **kwargs)

    def create_historical_record(self, instance, history_type, using=None):
        super().create_historical_record(instance, history_type, using=using)
        instance._change_reason = None


def tracked(*, excluded: tuple[str, ...] = (), also: Iterable[models.Field] = (), **options) -> HistoricalRecords:
    """History of who changed what and why. No foreign key to staff, so no deletion can alter it.

    also: fields that only the history has. The model gives their values under the same names (`told`).
    """
    return Tracked(
        history_id_field=models.BigAutoField(),
        history_user_id_field=models.UUIDField(null=True),
        excluded_fields=list(excluded),
        also=[_named(field) for field in also],
        **options,
    )


def _named(field: models.Field) -> models.Field:
    field.set_attributes_from_name(field.name)
    return field


def told(tell):
    """An attribute that the history keeps and the table does not: told by the row, or of an old row what it was."""
    kept = f"_{tell.__name__}_then"

    def value(row):
        return row.__dict__[kept] if kept in row.__dict__ else tell(row)

    def keep(row, then):
        row.__dict__[kept] = then

    return property(value, keep, doc=tell.__doc__)


@contextmanager
def one_change(row: models.Model):
    """What is done inside to a tracked row and what is linked to it becomes one row of its history."""
    kind = "+" if row._state.adding else "~"
    row.skip_history_when_saving = True
    try:
        yield
    finally:
        del row.skip_history_when_saving
    row._tracked.create_historical_record(row, kind)


def note(row: models.Model, reason: str, *, by=None) -> None:
    """Write into the history of `row` what was done about it and stands in no column of it."""
    row._change_reason = reason
    if by is not None:
        row._history_user = by
    row._tracked.create_historical_record(row, "~")
