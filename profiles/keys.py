"""Write keys: what a system sends events with. They may send, and can never read.

A key is 25 characters, `cdp` and 22 of base62 (131 bits): the form that every client accepts, without a colon that
would break Basic authentication. Only its SHA-256 is stored; the key itself is shown once.
"""

import hashlib
import secrets
import string

from django.utils import timezone

from profiles.models import Source, SourceKey

PREFIX = "cdp"
LETTERS = string.ascii_letters + string.digits
LENGTH = 22


def make(*, source: Source, is_test: bool = False) -> tuple[SourceKey, str]:
    """A new key of `source`: its row, and the key itself, which is nowhere else."""
    text = PREFIX + "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    row = SourceKey.objects.create(source=source, start=text[:8], digest=_digest(text), is_test=is_test)
    return row, text


def find(*texts: str) -> SourceKey | None:
    """The key in force that one of `texts` is, with its source; None for an unknown or revoked one."""
    digests = [_digest(text) for text in texts if text]
    return SourceKey.objects.select_related("source").filter(digest__in=digests, revoked_at=None).first()


def revoke(key: SourceKey) -> None:
    """End a key at once: the next request with it is refused."""
    SourceKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=timezone.now())


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode(errors="replace")).digest()
