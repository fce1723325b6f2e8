"""The nouns of `consents`: what may be asked (reference), what was answered (ledger), what overrides it (layers)."""

from consents.models.contacts import ContactPoint
from consents.models.corrections import CorrectionRequest
from consents.models.layers import Objection, ObjectionScope, Restriction, Suppression, SuppressionReason
from consents.models.ledger import (
    VALID_STATES,
    ActorKind,
    Channel,
    ConsentEvidence,
    ConsentRecord,
    ConsentType,
    Method,
    State,
    in_state,
    state_at,
)
from consents.models.reference import (
    AgeLimit,
    CollectionPoint,
    Controller,
    LegalBasis,
    NoticeVersion,
    Purpose,
    PurposeVersion,
    Trust,
)

#: The consent ledger: the historical table that django-simple-history defines for `ConsentRecord`.
Ledger = ConsentRecord.history.model

__all__ = [
    "VALID_STATES",
    "ActorKind",
    "AgeLimit",
    "Channel",
    "CollectionPoint",
    "ConsentEvidence",
    "ConsentRecord",
    "ConsentType",
    "ContactPoint",
    "Controller",
    "CorrectionRequest",
    "Ledger",
    "LegalBasis",
    "Method",
    "NoticeVersion",
    "Objection",
    "ObjectionScope",
    "Purpose",
    "PurposeVersion",
    "Restriction",
    "State",
    "Suppression",
    "SuppressionReason",
    "Trust",
    "in_state",
    "state_at",
]
