"""The nouns of `profiles`: where data comes from, what was said (evidence), what we make of it (projection)."""

from profiles.models.changes import Change, ChangeKind
from profiles.models.events import Event, EventKey, EventName, IngestRequest, OrderLine, QuarantineItem
from profiles.models.evidence import Identifier, Record, SourceIdentity, StewardDecision, ValueLock
from profiles.models.projection import Alias, GoldenValue, Profile, RefusedLink, WorkItem
from profiles.models.reference import Attribute, Namespace, SharedIdentifier
from profiles.models.sources import FileImport, Mapping, Rejection, Source, SourceKey
from profiles.models.vault import AccessEntry, DataKey

__all__ = [
    "AccessEntry",
    "Alias",
    "Attribute",
    "Change",
    "ChangeKind",
    "DataKey",
    "Event",
    "EventKey",
    "EventName",
    "FileImport",
    "GoldenValue",
    "Identifier",
    "IngestRequest",
    "Mapping",
    "Namespace",
    "OrderLine",
    "Profile",
    "QuarantineItem",
    "Record",
    "RefusedLink",
    "Rejection",
    "SharedIdentifier",
    "Source",
    "SourceIdentity",
    "SourceKey",
    "StewardDecision",
    "ValueLock",
    "WorkItem",
]
