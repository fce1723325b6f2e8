"""Write keys: what a system sends events with. They may send, and can never read.

A key is 25 characters, `cdp` and 22 of base62 (131 bits): the form that every client accepts, without a colon that
would break Basic authentication.
"""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from cdp.base import api_keys
from cdp.base.database.sql import rows
from profiles.models import Source, SourceKey

PREFIX = "cdp"
LETTERS = 22


def make(*, source: Source, is_test: bool = False) -> tuple[SourceKey, str]:
    """A new key of `source`: its row, and the key itself, which is nowhere else."""
    made = api_keys.make(PREFIX, letters=LETTERS)
    row = SourceKey.objects.create(source=source, start=made.start, digest=made.digest, is_test=is_test)
    return row, made.text


class Sender(NamedTuple):
    """Who sends with a key in force."""

    key: UUID
    source: int
    is_test: bool
    enabled: bool
    allowed_origins: list[str]
    last_used_at: datetime | None


def find(*texts: str) -> Sender | None:
    """Who sends, where one of `texts` is a key in force; None for an unknown or revoked one."""
    found = rows(
        "SELECT k.id, k.source_id, k.is_test, s.enabled, s.allowed_origins, k.last_used_at"
        " FROM profiles_sourcekey k JOIN profiles_source s ON s.id = k.source_id"
        " WHERE k.digest = ANY(%s) AND k.revoked_at IS NULL",
        [[api_keys.digest(text) for text in texts if text]],
    )
    return Sender(*found[0]) if found else None


def revoke(key: SourceKey) -> None:
    """End a key at once: the next request with it is refused."""
    key.revoked_at = key.revoked_at or timezone.now()
    key.save(update_fields=["revoked_at"])
