"""Folds every projection of every app again, and says where what is stored differs from what it should be."""

from cdp.base.progress import SILENT, Progress
from cdp.operations import guards
from consents.state import verify as consents
from partners import verify as partners
from profiles.identity import verify as identity
from segments.membership import verify as segments

#: Lower apps first: a projection is folded from what stands below it.
APPS = {"profiles": identity, "consents": consents, "partners": partners, "segments": segments}


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: number of rows that differ from a fresh fold}; all zero when the product is in order.

    `database.guards` counts the triggers and functions that are not as they should be
    (`cdp.operations.guards.differences`): while one is not, its table takes what must not be.
    """
    found = {
        f"{app}.{name}": count
        for app, projections in APPS.items()
        for name, count in projections.verify(progress).items()
    }
    return found | {"database.guards": len(guards.differences())}


def rebuild(progress: Progress = SILENT) -> None:
    """Make every guard as it should be; then fold every projection from its evidence, lower apps first."""
    guards.mend()
    for projections in APPS.values():
        projections.rebuild(progress)
