"""Keyed digests: a value is found, or known as equal, without being told."""

import hmac
from functools import cache

from django.conf import settings

from profiles.vault.keys import derive


def blind(namespace: str, normal_value: str) -> bytes:
    """Keyed digest (HMAC-SHA-256, 32 bytes) of a normal form; equal values of one namespace are equal.

    An empty value has none: its digest would equal every other blank.
    """
    if not normal_value:
        raise ValueError("An empty value has no blind index.")
    return hmac.digest(_index_key(namespace), normal_value.encode(), "sha256")


def digest(label: str, content: bytes) -> bytes:
    """Keyed digest of any content, such as a record's, so that equal contents are known without being told."""
    return hmac.digest(_index_key(f"digest:{label}"), content, "sha256")


@cache
def _index_key(label: str) -> bytes:
    return derive(settings.KENDT_INDEX_KEY, f"kendt/index/v1/{label}")
