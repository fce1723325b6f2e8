"""Folds every projection of every app again, and says where what is stored differs from what it should be."""

from importlib import import_module

APPS = ("profiles", "consents", "partners", "segments")


def verify() -> dict[str, int]:
    """{projection: number of rows that differ from a fresh fold}; all zero when the product is in order."""
    return {f"{app}.{name}": count for app in APPS for name, count in _of(app).verify().items()}


def rebuild() -> None:
    """Fold every projection again from its evidence, lower apps first."""
    for app in APPS:
        _of(app).rebuild()


def _of(app: str):
    return import_module(f"{app}.integrity")
