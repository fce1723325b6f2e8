"""Secrets of an installation: made at first start in the data folder, mode 0600, or given by environment.

No secret is ever in the database or in the repository. `keys/` holds the versioned key-encryption keys.
"""

import os
import secrets
from pathlib import Path

KINDS = {
    "SECRET_KEY": 50,  # Django's signing key
    "INDEX_KEY": 32,  # blind index (HMAC-SHA-256)
    "KEK_1": 32,  # key-encryption key, version 1
}


def read(folder: Path, kind: str) -> str:
    """The secret `kind` in hexadecimal: from the environment (`KENDT_<kind>`), else from its file (made if missing)."""
    if given := os.environ.get(f"KENDT_{kind}"):
        return given
    path = folder / kind.lower()
    if not path.exists():
        _make(path, KINDS[kind])
    return path.read_text().strip()


def are_generated() -> bool:
    """True when some secret is not given by the environment but kept in the data folder."""
    return any(f"KENDT_{kind}" not in os.environ for kind in KINDS)


def _make(path: Path, size: int) -> None:
    """Write a new secret; where another process was quicker, its secret stands."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(secrets.token_hex(size))
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
