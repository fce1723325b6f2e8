"""The nouns of `partners`: who, under which terms, what went out and what came in."""

from partners.models.agreements import (
    Agreement,
    AgreementState,
    AgreementVersion,
    Direction,
    Form,
    Partner,
    PartnerStatus,
    Signature,
    TermLine,
    VersionState,
)
from partners.models.exchange import Delivery, DeliveryState, DisclosureEntry, DisclosureLink, InboundFile

__all__ = [
    "Agreement",
    "AgreementState",
    "AgreementVersion",
    "Delivery",
    "DeliveryState",
    "Direction",
    "DisclosureEntry",
    "DisclosureLink",
    "Form",
    "InboundFile",
    "Partner",
    "PartnerStatus",
    "Signature",
    "TermLine",
    "VersionState",
]
