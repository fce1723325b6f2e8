"""What the apps above do after each fold, inside its transaction, so that what they keep by profile can follow."""

from typing import Protocol
from uuid import UUID

from cdp.base.extension import ExtensionPoint


class Follower(Protocol):
    """profiles: ids of the present profiles that were folded; moved: {identity: (old profile, new profile)}."""

    def __call__(self, *, profiles: set[UUID], moved: dict[UUID, tuple[UUID, UUID]]) -> None: ...


AFTER_FOLD: ExtensionPoint[Follower] = ExtensionPoint("profiles.changes.after_fold")


def follow_fold(*, profiles: set[UUID], moved: dict[UUID, tuple[UUID, UUID]]) -> None:
    """Let each follower know, in order."""
    for follow in AFTER_FOLD:
        follow(profiles=profiles, moved=moved)
