"""The nouns of `segments`: who is meant (definition), who is in (membership), who left the company (activation)."""

from segments.models.activation import (
    MOST_ALONE,
    Activation,
    ActivationState,
    DeliveredPerson,
    Destination,
    DestinationKind,
    Outcome,
)
from segments.models.reach import Reach
from segments.models.segments import Membership, Run, RunState, Segment, SegmentState, SegmentVersion

__all__ = [
    "MOST_ALONE",
    "Activation",
    "ActivationState",
    "DeliveredPerson",
    "Destination",
    "DestinationKind",
    "Membership",
    "Outcome",
    "Reach",
    "Run",
    "RunState",
    "Segment",
    "SegmentState",
    "SegmentVersion",
]
