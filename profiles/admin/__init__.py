"""Pages of `profiles`: people, where their data comes from, what waits for a steward, who opened what."""

from profiles.admin import access_log, changes, events, evidence, quarantine, review_queue, sources, vocabulary
from profiles.admin.imports import imports
from profiles.admin.people import decisions, profiles

__all__ = [
    "access_log",
    "changes",
    "decisions",
    "events",
    "evidence",
    "imports",
    "profiles",
    "quarantine",
    "review_queue",
    "sources",
    "vocabulary",
]
