"""The data key of each identity, wrapped by a key of this installation that lies outside the database.

A value is sealed with AES-256-GCM under the data key of its identity; the associated data binds place
("table.column"), identity and key version, so a ciphertext moved elsewhere does not open. Destroying the wrapped key
shreds every value, history and backups included. Blob: 1 byte format, 12 bytes nonce, ciphertext with 16 bytes tag.
"""

import os
from collections.abc import Iterable
from functools import cache
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.base.database.sql import execute, rows
from cdp.base.errors import Refused
from profiles.models import DataKey

FORMAT = b"\x01"
NONCE = 12


class KeysMissing(Refused):
    """The key-encryption key of this installation is not the one that sealed the data."""

    code = "keys_missing"
    status = 503
    sentence = _("The key of this installation does not open its data. Put the right secrets folder in place.")


class Keyring:
    """The data keys of some identities, read in one statement; missing ones are made. Values are strings."""

    def __init__(self, wrapped: dict[UUID, tuple[bytes | None, int]]):
        self._keys = {identity: key for identity, row in wrapped.items() if (key := _unwrap(identity, *row))}

    @classmethod
    def for_writing(cls, identities: Iterable[UUID]) -> "Keyring":
        """For writing: keys of `identities`, new ones where there are none. A destroyed key stays destroyed."""
        wanted = set(identities)
        found = _wrapped(wanted)
        if missing := wanted - found.keys():
            found |= _made_keys(missing)
        return cls(found)

    @classmethod
    def for_reading(cls, identities: Iterable[UUID]) -> "Keyring":
        """For reading: the keys there are."""
        return cls(_wrapped(set(identities)))

    def seal(self, identity: UUID, place: str, text: str) -> bytes:
        """Ciphertext of `text` for this identity at this place. KeyError when the identity's key is destroyed."""
        key, owner = self._keys[identity]
        nonce = os.urandom(NONCE)
        return FORMAT + nonce + key.encrypt(nonce, text.encode(), place.encode() + owner)

    def open(self, identity: UUID, place: str, blob: bytes | None) -> str | None:
        """The value; None when there is none or its key is destroyed. InvalidTag when it was moved or altered."""
        if blob is None or identity not in self._keys:
            return None
        key, owner = self._keys[identity]
        blob = bytes(blob)
        return key.decrypt(blob[1 : 1 + NONCE], blob[1 + NONCE :], place.encode() + owner).decode()


def _owner(identity: UUID, version: int) -> bytes:
    """What binds a ciphertext to its owner, after the place."""
    return f"|{identity}|{version}".encode()


def _wrapped(identities: set[UUID]) -> dict[UUID, tuple[bytes | None, int]]:
    found = rows(
        "SELECT identity, wrapped, kek_version FROM profiles_datakey WHERE identity = ANY(%s)", [list(identities)]
    )
    return {identity: (wrapped, version) for identity, wrapped, version in found}


def _made_keys(identities: set[UUID]) -> dict[UUID, tuple[bytes | None, int]]:
    """Store new wrapped keys; where another writer was quicker, its key stands."""
    version = settings.KENDT_KEK_CURRENT
    kek = _kek(version)
    made = {identity: _wrap(kek, version, identity) for identity in identities}
    stored = execute(
        "INSERT INTO profiles_datakey (identity, wrapped, kek_version) "
        "SELECT identity, wrapped, %s FROM unnest(%s::uuid[], %s::bytea[]) AS made(identity, wrapped) "
        "ORDER BY identity ON CONFLICT DO NOTHING",
        [version, list(made), list(made.values())],
    )
    if stored < len(made):
        return _wrapped(identities)
    return {identity: (wrapped, version) for identity, wrapped in made.items()}


def _wrap(kek: AESGCM, version: int, identity: UUID) -> bytes:
    nonce = os.urandom(NONCE)
    return nonce + kek.encrypt(nonce, os.urandom(32), b"wrap" + _owner(identity, version))


def _unwrap(identity: UUID, wrapped: bytes | None, version: int) -> tuple[AESGCM, bytes] | None:
    """The key, and what it binds ciphertexts to."""
    if wrapped is None:
        return None
    wrapped, owner = bytes(wrapped), _owner(identity, version)
    try:
        key = _kek(version).decrypt(wrapped[:NONCE], wrapped[NONCE:], b"wrap" + owner)
    except (InvalidTag, KeyError):
        raise KeysMissing from None
    return AESGCM(key), owner


@cache
def _kek(version: int) -> AESGCM:
    return AESGCM(settings.KENDT_KEKS[version])


def destroy_keys(identities: Iterable[UUID]) -> int:
    """Destroy the keys of `identities`: nothing sealed to them can be opened again. Gives how many were destroyed."""
    return DataKey.objects.filter(identity__in=set(identities), destroyed_at=None).update(
        wrapped=None, destroyed_at=Now()
    )


def derive(secret: bytes, info: str) -> bytes:
    """A key of its own for each use (`info`) of a secret of this installation."""
    return HKDF(SHA256(), 32, salt=None, info=info.encode()).derive(secret)
