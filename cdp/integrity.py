"""Folds every projection of every app again, and says where what is stored differs from what it should be."""

from importlib import import_module

from cdp import guards
from cdp.kit.progress import SILENT, Progress

APPS = ("profiles", "consents", "partners", "segments")


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: number of rows that differ from a fresh fold}; all zero when the product is in order.

    `database.guards` counts the triggers and functions that are not as they should be (`cdp.guards.differences`): while
    one is not, its table takes what must not be.
    """
    found = {f"{app}.{name}": count for app in APPS for name, count in _of(app).verify(progress).items()}
    return found | {"database.guards": len(guards.differences())}


def rebuild(progress: Progress = SILENT) -> None:
    """Make every guard as it should be; then fold every projection from its evidence, lower apps first."""
    guards.mend()
    for app in APPS:
        _of(app).rebuild(progress)


def _of(app: str):
    return import_module(f"{app}.integrity")
