"""The nouns of `profiles`: where data comes from, what was said (evidence), what we make of it (projection)."""

from profiles.models.events import Event, EventKey, Inbox, QuarantineItem
from profiles.models.evidence import Identifier, Record, StewardDecision, Subject, Trait
from profiles.models.projection import Alias, GoldenValue, Profile, RefusedLink, WorkItem
from profiles.models.reference import Attribute, Namespace, SharedIdentifier
from profiles.models.sources import Batch, Mapping, Rejection, Source, SourceKey
from profiles.models.vault import AccessEntry, SubjectKey

__all__ = [
    "AccessEntry",
    "Alias",
    "Attribute",
    "Batch",
    "Event",
    "EventKey",
    "GoldenValue",
    "Identifier",
    "Inbox",
    "Mapping",
    "Namespace",
    "Profile",
    "QuarantineItem",
    "Record",
    "RefusedLink",
    "Rejection",
    "SharedIdentifier",
    "Source",
    "SourceKey",
    "StewardDecision",
    "Subject",
    "SubjectKey",
    "Trait",
    "WorkItem",
]
