"""Keys of systems: random letters after a prefix that tells their kind, shown once, kept as their SHA-256.

With this much chance in a key a plain digest is enough, and the look-up by digest is safe in its time as well: what an
index compares is what nobody can steer.
"""

import hashlib
import secrets
import string
from typing import NamedTuple

LETTERS = string.ascii_letters + string.digits  # base62, 5.95 bits each
SHOWN = 5


class Made(NamedTuple):
    """text: the key itself, which is nowhere else; start: what tells it from others in a list; digest: what is kept."""

    text: str
    start: str
    digest: bytes


def make(prefix: str, *, letters: int) -> Made:
    text = prefix + "".join(secrets.choice(LETTERS) for _ in range(letters))
    return Made(text, text[: len(prefix) + SHOWN], digest(text))


def digest(text: str) -> bytes:
    """What a key is looked up by, whatever is sent as one."""
    return hashlib.sha256(text.encode(errors="replace")).digest()
