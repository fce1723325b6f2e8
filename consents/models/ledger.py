"""What was answered. The history of `ConsentRecord` is the ledger; the record is folded from it."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from simple_history.manager import HistoryManager

from cdp.base.database.constraints import one_of
from cdp.base.database.history import tracked
from profiles.values.lookup import of_person


class State(models.TextChoices):
    """Consent states of the Data Privacy Vocabulary (DPV 2), stored by their terms."""

    UNKNOWN = "ConsentUnknown", _("unknown")
    REQUESTED = "ConsentRequested", _("asked")
    DEFERRED = "ConsentRequestDeferred", _("put off")
    REFUSED = "ConsentRefused", _("refused")
    GIVEN = "ConsentGiven", _("given")
    RENEWED = "RenewedConsentGiven", _("renewed")
    EXPIRED = "ConsentExpired", _("expired")
    INVALIDATED = "ConsentInvalidated", _("invalidated")
    REVOKED = "ConsentRevoked", _("revoked by the controller")
    WITHDRAWN = "ConsentWithdrawn", _("withdrawn")


#: Of a reason that stands with a decision: a code or a short reference.
LONGEST_REASON = 40
VALID_STATES = (State.GIVEN, State.RENEWED)


class Channel(models.TextChoices):
    NONE = "none", _("no channel")
    EMAIL = "email", _("e-mail")
    SMS = "sms", _("SMS")
    PHONE = "phone", _("phone")
    POST = "post", _("post")
    PUSH = "push", _("push")
    IN_APP = "in_app", _("in the app")
    AD_AUDIENCE = "ad_audience", _("ad audience")


class ConsentType(models.TextChoices):
    EXPRESSED = "ExpressedConsent", _("expressed")
    EXPLICIT = "ExplicitlyExpressedConsent", _("explicitly expressed")
    IMPLIED = "ImpliedConsent", _("implied")
    UNINFORMED = "UninformedConsent", _("uninformed")


class Method(models.TextChoices):
    CHECKBOX = "checkbox", _("checkbox")
    SIGNATURE = "signature", _("signature")
    SPOKEN = "spoken", _("spoken")
    LINK = "link", _("link")
    SIGNAL = "signal", _("header signal")
    STAFF = "staff", _("staff")
    IMPORT = "import", _("import")


class ActorKind(models.TextChoices):
    SUBJECT = "subject", _("the person")
    GUARDIAN = "guardian", _("guardian")
    STAFF = "staff", _("staff")
    PARTNER = "partner", _("partner")
    SYSTEM = "system", _("system")


class ReadOnlyQuerySet(models.QuerySet):
    """Records are folded from the ledger; every way to write them by hand is closed (the table refuses it too)."""

    def _refuse(self, *args, **kwargs):
        raise TypeError("ConsentRecord is folded from its ledger: use consents.recording.ledger.")

    create = update = delete = bulk_create = bulk_update = get_or_create = update_or_create = _refuse


class EntriesOfChoice(HistoryManager):
    """The history of a record: the entries of its choice under every id that its person ever had, and the one it tells.

    A record is folded, and folded under another id after a merge; so its entries are not found by its own id.
    """

    def get_queryset(self):
        found = self.get_super_queryset()
        return found if self.instance is None else found.filter(_of_choice(self.instance))


def _of_choice(record: "ConsentRecord") -> Q:
    key = {name: getattr(record, name) for name in ("contact_ref", "channel", "purpose_id", "controller_id")}
    return Q(of_person(record.profile_id, "identity_ref"), **key) | Q(history_id=record.ledger_position)


class ToldOnce(models.Model):
    """What only the entry of the ledger says of a decision: how, where and through whom it was made, and its proof.

    A record reads it through its `entry`; the gate, segments and lists ask for none of it.
    """

    consent_type = models.CharField(_("type"), max_length=28, choices=ConsentType, default=ConsentType.EXPRESSED)
    language = models.CharField(_("language"), max_length=2, blank=True)
    jurisdiction = models.CharField(_("jurisdiction"), max_length=2, blank=True)
    collection_point = models.ForeignKey(
        "consents.CollectionPoint",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("collection point"),
    )
    trust = models.CharField(_("trust"), max_length=16)
    method = models.CharField(_("method"), max_length=10, choices=Method)
    actor_ref = models.CharField(_("reference of who"), max_length=64, blank=True)
    reason_code = models.CharField(_("reason"), max_length=LONGEST_REASON, blank=True)
    source = models.ForeignKey(
        "profiles.Source", models.PROTECT, related_name="+", db_index=False, verbose_name=_("source")
    )
    source_event_id = models.CharField(_("id at the source"), max_length=200)
    record = models.BigIntegerField(_("source record"), null=True, blank=True)
    supersedes = models.BigIntegerField(_("corrects entry"), null=True, blank=True)
    evidence_digest = models.BinaryField(_("digest of the evidence"), max_length=32, blank=True)
    file_import = models.UUIDField(_("import"), null=True, blank=True)
    row_number = models.PositiveIntegerField(_("row"), null=True, blank=True)
    body_digest = models.BinaryField(_("digest of the decision"), max_length=16)
    schema_version = models.PositiveSmallIntegerField(default=1)

    class Meta:
        abstract = True


class ConsentRecord(models.Model):
    """The last standing decision of a choice key (profile, contact point, channel, purpose, controller).

    A projection: only `consents.recording.ledger` folds it, in the transaction that writes the ledger. It holds what
    the gate, segments and lists ask for in one scan; `entry` is the decision of the ledger with all the rest.
    `id` is a digest of the choice key (the table refuses another): so that there is one record a choice.
    `effective_at` is when the person acted; `recorded_at` when we stored it, by the database's clock.
    """

    id = models.UUIDField(primary_key=True, editable=False)
    profile = models.ForeignKey(
        "profiles.Profile", models.DO_NOTHING, related_name="consents", verbose_name=_("profile")
    )
    identity_ref = models.UUIDField(_("decided as"))
    contact_ref = models.UUIDField(
        _("contact point"), null=True, blank=True, help_text=_("Random id of an address or number; never the value.")
    )
    channel = models.CharField(_("channel"), max_length=12, choices=Channel, default=Channel.NONE)
    purpose = models.ForeignKey(
        "consents.Purpose", models.PROTECT, related_name="+", db_index=False, verbose_name=_("purpose")
    )
    controller = models.ForeignKey(
        "consents.Controller", models.PROTECT, related_name="+", db_index=False, verbose_name=_("controller")
    )
    purpose_version = models.ForeignKey(
        "consents.PurposeVersion",
        models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        verbose_name=_("purpose version"),
    )
    state = models.CharField(_("state"), max_length=24, choices=State, blank=True)
    doi_pending = models.BooleanField(_("waits for confirmation"), default=False)
    effective_at = models.DateTimeField(_("effective"))
    recorded_at = models.DateTimeField(_("recorded"), null=True)
    validity_until = models.DateTimeField(_("valid until"), null=True, blank=True)
    notice_version = models.ForeignKey(
        "consents.NoticeVersion",
        models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        verbose_name=_("notice"),
    )
    actor_kind = models.CharField(_("decided by"), max_length=8, choices=ActorKind)
    needs_refresh = models.BooleanField(_("ask again"), default=False)
    ledger_position = models.BigIntegerField(_("ledger entry"))
    entry = models.ForeignObject(
        "consents.HistoricalConsentRecord",
        models.DO_NOTHING,
        from_fields=["ledger_position"],
        to_fields=["history_id"],
        related_name="+",
        verbose_name=_("ledger entry"),
    )

    history = tracked(
        excluded=("id", "profile", "needs_refresh", "ledger_position", "entry"),
        bases=(ToldOnce,),
        history_manager=EntriesOfChoice,
        verbose_name=_("ledger entry"),
        verbose_name_plural=_("consent ledger"),
    )
    objects = ReadOnlyQuerySet.as_manager()

    class Meta:
        verbose_name = _("consent")
        verbose_name_plural = _("consents")
        permissions = [
            ("record_consent", "Can record decisions of people"),
            ("prove_consent", "Can export proof of consent"),
        ]
        constraints = [
            one_of("state", State),
            one_of("channel", Channel),
            one_of("actor_kind", ActorKind),
        ]
        indexes = [
            models.Index(
                fields=["purpose", "channel", "state", "profile"],
                name="consents_record_gate",
            ),
            models.Index(
                fields=["validity_until"], condition=Q(validity_until__isnull=False), name="consents_record_expiring"
            ),
        ]

    def save(self, *args, **kwargs):
        raise TypeError("ConsentRecord is folded from its ledger: use consents.recording.ledger.")

    delete = save


def state_at(answer, moment) -> str:
    """The state of a record or ledger entry at `moment`: expired once its validity has ended, job or no job."""
    over = answer.state in VALID_STATES and answer.validity_until is not None and answer.validity_until <= moment
    return State.EXPIRED if over else answer.state


def in_state(state: str, moment) -> Q:
    """Which records or entries are in `state` at `moment`, as `state_at` tells it."""
    over = Q(state__in=VALID_STATES, validity_until__lte=moment)
    if state == State.EXPIRED:
        return over | Q(state=State.EXPIRED)
    return Q(state=state) & ~over if state in VALID_STATES else Q(state=state)


class ConsentEvidence(models.Model):
    """What proves one decision (a form picture, a call reference), sealed to the person whom its entry is about.

    The entry holds the digest of the ciphertext, who stored it and when. A decision that a file reports has no
    evidence: its row is its evidence, and the ledger names import and row.
    """

    entry = models.BigIntegerField(_("ledger entry"), primary_key=True)
    media_type = models.CharField(_("media type"), max_length=80)
    sealed = models.BinaryField()

    class Meta:
        verbose_name = _("evidence of consent")
        verbose_name_plural = _("evidence of consents")
