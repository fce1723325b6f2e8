"""What people did, and what waits to become an event."""

from collections.abc import Iterable

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from cdp.base.database.constraints import one_of
from cdp.base.database.ids import uuid7


class EventType(models.TextChoices):
    """The calls of the Segment specification."""

    TRACK = "track", _("did")
    PAGE = "page", _("saw a page")
    SCREEN = "screen", _("saw a screen")
    IDENTIFY = "identify", _("was identified")
    GROUP = "group", _("joined a group")
    ALIAS = "alias", _("got a new id")


class EventNameQuerySet(models.QuerySet):
    def numbers(self, name: str) -> list[int]:
        """The numbers of events of this name, one a type. Not a subquery: a plan knows how common each number is."""
        return list(self.filter(name=name).values_list("pk", flat=True))


class EventName(models.Model):
    """What an event is called, with the type of its call: told once, and never changed."""

    id = models.AutoField(primary_key=True)
    type = models.CharField(_("type"), max_length=8, choices=EventType)
    name = models.CharField(_("name"), max_length=200)

    objects = EventNameQuerySet.as_manager()

    class Meta:
        verbose_name = _("name of events")
        verbose_name_plural = _("names of events")
        constraints = [
            one_of("type", EventType),
            models.UniqueConstraint(fields=["name", "type"], name="profiles_eventname_once"),
        ]

    def __str__(self):
        return self.name


class Event(models.Model):
    """One event. The table is partitioned by month of `occurred_at`; each partition has the key (id) of its own.

    `record` never changes; `profile` is projection. Both are empty for an anonymous receipt. Properties that
    segments use often have columns of their own; money is in `amount` with its `currency`.
    """

    id = models.BigAutoField(primary_key=True)
    occurred_at = models.DateTimeField(_("when"))
    source = models.ForeignKey(
        "profiles.Source", models.DO_NOTHING, related_name="+", db_index=False, verbose_name=_("source")
    )
    record = models.ForeignKey(
        "profiles.Record", models.DO_NOTHING, null=True, related_name="+", db_index=False, verbose_name=_("record")
    )
    profile = models.ForeignKey(
        "profiles.Profile",
        models.DO_NOTHING,
        null=True,
        related_name="events",
        db_index=False,
        verbose_name=_("profile"),
    )
    file_import = models.ForeignKey(
        "profiles.FileImport",
        models.DO_NOTHING,
        to_field="number",
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("import"),
    )
    name = models.ForeignKey(EventName, models.DO_NOTHING, related_name="+", db_index=False, verbose_name=_("name"))
    category = models.CharField(_("category"), max_length=200, null=True)
    order_id = models.CharField(_("order"), max_length=100, null=True)
    product_id = models.CharField(_("product"), max_length=100, null=True)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4, null=True)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=4, null=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(_("currency"), max_length=3, null=True)
    properties = models.JSONField(_("properties"), null=True, help_text=_("Open properties only."))
    sealed = models.BinaryField(
        _("sealed properties"), null=True, help_text=_("Personal properties, sealed to the person of the record.")
    )
    original_at = models.DateTimeField(
        _("time by the sender's clock"), null=True, help_text=_("Empty where that is when it happened, or unknown.")
    )
    sent_at = models.DateTimeField(_("sent"), null=True)
    received_at = models.DateTimeField(_("received"))
    flags = ArrayField(models.CharField(max_length=20), null=True, verbose_name=_("flags"))

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        managed = False
        db_table = "profiles_event"


class OrderLineQuerySet(models.QuerySet):
    def of(self, events: Iterable[Event]):
        """The lines of `events`, in order; the months of the events are the only ones that are looked into."""
        moments = {event.pk: event.occurred_at for event in events}
        if not moments:
            return self.none()
        found = self.filter(event__in=moments, occurred_at__range=(min(moments.values()), max(moments.values())))
        return found.order_by("event", "position")


class OrderLine(models.Model):
    """One product of an order, a refund or a cart, in the order in which the event tells them, from 1.

    Partitioned by month like its event, without which it is nothing: the database deletes them together. An event that
    tells of one product only (a row of a file, a product that was seen) has no lines: its own columns say it. The view
    `profiles_line` gives both alike.
    """

    pk = models.CompositePrimaryKey("event_id", "position")
    event = models.ForeignKey(Event, models.CASCADE, related_name="lines", db_index=False, verbose_name=_("event"))
    occurred_at = models.DateTimeField(_("when"))
    position = models.IntegerField(_("position"))
    product_id = models.CharField(_("product"), max_length=100, null=True)
    category = models.CharField(_("category"), max_length=200, null=True)
    quantity = models.DecimalField(_("quantity"), max_digits=18, decimal_places=4, null=True)
    price = models.DecimalField(_("price"), max_digits=18, decimal_places=4, null=True)
    amount = models.DecimalField(_("amount"), max_digits=18, decimal_places=4, null=True)
    currency = models.CharField(_("currency"), max_length=3, null=True)
    properties = models.JSONField(_("properties"), null=True, help_text=_("Open properties only."))

    objects = OrderLineQuerySet.as_manager()

    class Meta:
        verbose_name = _("order line")
        verbose_name_plural = _("order lines")
        managed = False
        db_table = "profiles_orderline"


class EventKey(models.Model):
    """Each (source, message id) ever stored, as one digest: the second copy of an event finds it here."""

    key = models.UUIDField(primary_key=True, editable=False)

    class Meta:
        verbose_name = _("event key")
        verbose_name_plural = _("event keys")


class IngestRequestState(models.TextChoices):
    WAITING = "waiting", _("waiting")
    DONE = "done", _("done")
    FAILED = "failed", _("set aside")


class IngestRequest(models.Model):
    """A request body that was acknowledged: stored whole, sealed, and drained by the worker."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey("profiles.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    is_test = models.BooleanField(_("test data"), default=False)
    received_at = models.DateTimeField(_("received"))
    sent_at = models.DateTimeField(_("sent"), null=True, blank=True)
    sealed = models.BinaryField(_("sealed body"), null=True, help_text=_("Emptied once its events are stored."))
    events = models.PositiveIntegerField(_("events"), default=0)
    stored = models.PositiveIntegerField(_("stored"), default=0)
    state = models.CharField(_("state"), max_length=8, choices=IngestRequestState, default=IngestRequestState.WAITING)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    error = models.TextField(_("error"), blank=True)
    done_at = models.DateTimeField(_("done"), null=True, blank=True)

    class Meta:
        verbose_name = _("received call")
        verbose_name_plural = _("received calls")
        constraints = [one_of("state", IngestRequestState)]
        indexes = [
            models.Index(fields=["id"], condition=models.Q(state="waiting"), name="profiles_ingestrequest_waiting"),
            models.Index(fields=["source", "-received_at"], name="profiles_ingestrequest_source"),
            models.Index(fields=["id"], condition=models.Q(state="failed"), name="profiles_ingestrequest_failed"),
        ]


class QuarantineState(models.TextChoices):
    OPEN = "open", _("open")
    REPLAYED = "replayed", _("replayed")
    DISCARDED = "discarded", _("discarded")


class QuarantineItem(models.Model):
    """An event that could not be used: sealed as it came, with a reason, to be repaired and replayed."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    source = models.ForeignKey("profiles.Source", models.PROTECT, related_name="+", verbose_name=_("source"))
    ingest_request = models.ForeignKey(
        IngestRequest, models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("received call")
    )
    key = models.BinaryField(max_length=16)
    reason = models.CharField(_("reason"), max_length=40)
    detail = models.TextField(_("what to do"), blank=True)
    sealed = models.BinaryField(_("sealed event"), null=True)
    sample = models.JSONField(_("sample, masked"), default=dict)
    received_at = models.DateTimeField(_("received"))
    state = models.CharField(_("state"), max_length=10, choices=QuarantineState, default=QuarantineState.OPEN)
    note = models.TextField(_("note"), blank=True)
    expires_at = models.DateTimeField(_("goes on"))

    class Meta:
        verbose_name = _("quarantined event")
        verbose_name_plural = _("quarantine")
        constraints = [
            one_of("state", QuarantineState),
            models.UniqueConstraint(fields=["source", "key"], name="profiles_quarantineitem_once"),
        ]
        indexes = [models.Index(fields=["state", "reason", "-received_at"], name="profiles_quarantine_queue")]
