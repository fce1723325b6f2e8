"""Keyed digests: a value is found, or known as equal, without being told."""

import hmac
from functools import cache

from django.conf import settings

from profiles.vault.keys import derive

BLIND = 16


def blind(namespace: str, normal_value: str) -> bytes:
    """Keyed digest (HMAC-SHA-256, its first 16 bytes) of a normal form; equal values of one namespace are equal.

    128 bits are enough: nobody without the key can look for two values that collide, and by chance two of 10^12 values
    do with a probability below 10^-14 (n^2 / 2^129). NIST SP 800-107 (5.3.3) lets a MAC be cut to its leftmost bits,
    down to 32. An empty value has none: its digest would equal every other blank.
    """
    if not normal_value:
        raise ValueError("An empty value has no blind index.")
    return hmac.digest(_index_key(namespace), normal_value.encode(), "sha256")[:BLIND]


def digest(label: str, content: bytes) -> bytes:
    """Keyed digest of any content, such as a record's, so that equal contents are known without being told."""
    return hmac.digest(_index_key(f"digest:{label}"), content, "sha256")


@cache
def _index_key(label: str) -> bytes:
    return derive(settings.KENDT_INDEX_KEY, f"kendt/index/v1/{label}")
