"""Opaque ids that a partner keeps: another for each agreement, purpose and epoch, so that no two feeds can be joined.

    subkey = HKDF-SHA-256(master, salt = instance, info = "cdp/pid/v1" | agreement | purpose | kind | epoch)
    value  = HMAC-SHA-256(subkey, kind | 0x00 | id of the profile)
    token  = "p1" + base32 in lower case of the first 16 bytes: 28 characters

The master is derived from the installation's key and is never in the database. The id of a profile is random and
survives an e-mail change; who knows the e-mail knows nothing of the token.
"""

import base64
import hmac
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

KIND = "opaque"
FIRST_EPOCH = 1
KEPT_BYTES = 16


def tokens(profiles: Iterable[UUID], *, agreement: UUID, purpose: int, epoch: int = FIRST_EPOCH) -> dict[UUID, str]:
    """Profile id -> the token under which this partner knows the person for this purpose in this epoch."""
    key = subkey(agreement, purpose, KIND, epoch)
    return {profile: _token(key, profile) for profile in profiles}


def subkey(agreement: UUID, purpose: int, kind: str, epoch: int) -> bytes:
    """The key (32 bytes) of one agreement, purpose, kind and epoch."""
    info = "|".join(("cdp/pid/v1", str(agreement), str(purpose), kind, str(epoch)))
    return HKDF(SHA256(), 32, salt=_instance(), info=info.encode()).derive(_master())


def _token(key: bytes, profile: UUID) -> str:
    value = hmac.digest(key, KIND.encode() + b"\x00" + profile.bytes, "sha256")
    return "p1" + base64.b32encode(value[:KEPT_BYTES]).decode().rstrip("=").lower()


@cache
def _master() -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=b"kendt/partners/master/v1").derive(settings.KENDT_INDEX_KEY)


@cache
def _instance() -> bytes:
    """An id of the installation: another installation with the same agreement gives other tokens."""
    return HKDF(SHA256(), 16, salt=None, info=b"kendt/instance/v1").derive(settings.KENDT_INDEX_KEY)
