"""The feed of changes: one row for whatever changed, written in the transaction of the change, by every app.

Whoever follows what happens reads it with a cursor of their own and misses nothing (docs/decisions/0011).
"""

from profiles.changes.reading import Expired, Page, Position, present, read
from profiles.changes.recording import insertion, record
from profiles.models.changes import Change, ChangeKind

__all__ = ["Change", "ChangeKind", "Expired", "Page", "Position", "insertion", "present", "read", "record"]
