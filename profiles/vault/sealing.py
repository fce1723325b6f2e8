"""Bodies that belong to no one person (a received body, a rejected row, an uploaded file), under a key of our own."""

import os
from functools import cache

from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from profiles.vault.keys import FORMAT, NONCE, derive


def seal_own(place: str, content: bytes) -> bytes:
    """Seal bytes under the installation's own key, bound to `place`."""
    nonce = os.urandom(NONCE)
    return FORMAT + nonce + _own_key().encrypt(nonce, content, place.encode())


def open_own(place: str, blob: bytes) -> bytes:
    """The bytes that `seal_own` sealed at this place. InvalidTag when moved or altered."""
    blob = bytes(blob)
    return _own_key().decrypt(blob[1 : 1 + NONCE], blob[1 + NONCE :], place.encode())


@cache
def _own_key() -> AESGCM:
    return AESGCM(derive(settings.KENDT_KEKS[1], "kendt/own/v1"))
