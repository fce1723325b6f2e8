"""Pages of `profiles`: people, where their data comes from, what waits for a steward, who opened what."""

from profiles.admin import (
    access_log,
    deciding,
    events,
    evidence,
    imports,
    people,
    quarantine,
    queues,
    reference,
    sources,
)

__all__ = [
    "access_log",
    "deciding",
    "events",
    "evidence",
    "imports",
    "people",
    "quarantine",
    "queues",
    "reference",
    "sources",
]
