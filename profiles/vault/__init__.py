"""Personal values: sealed to a person, found by a blind index, opened only here, with a line in the access log.

A value is sealed with AES-256-GCM under the data key of its identity; the associated data binds place
("table.column"), identity and key version, so a ciphertext moved elsewhere does not open. The data key is wrapped by
a versioned key-encryption key outside the database. Destroying the wrapped key shreds every value, history and
backups included. Blob: 1 byte format, 12 bytes nonce, ciphertext with 16 bytes tag.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

import orjson
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from cdp.base.database.sql import execute, rows
from cdp.base.errors import Refused
from profiles.models import AccessEntry, DataKey
from profiles.values.normal_form import normal

FORMAT = b"\x01"
BLIND = 16
NONCE = 12
#: Where a record keeps its sealed values: one document, each value under its field.
DOCUMENT = "profiles_record.sealed"


class Item(NamedTuple):
    """One sealed value: whose, where it lies ("table.column"), the ciphertext, and its field.

    The field is told in the log; in a document it says which value is meant.
    """

    identity: UUID
    place: str
    blob: bytes | None
    field: str


class KeysMissing(Refused):
    """The key-encryption key of this installation is not the one that sealed the data."""

    code = "keys_missing"
    status = 503
    sentence = _("The key of this installation does not open its data. Put the right secrets folder in place.")


# --- Look-up ----------------------------------------------------------------------------------------------------


def blind(namespace: str, normal_value: str) -> bytes:
    """Keyed digest (HMAC-SHA-256, its first 16 bytes) of a normal form; equal values of one namespace are equal.

    128 bits are enough: nobody without the key can look for two values that collide, and by chance two of 10^12 values
    do with a probability below 10^-14 (n^2 / 2^129). NIST SP 800-107 (5.3.3) lets a MAC be cut to its leftmost bits,
    down to 32. An empty value has none: its digest would equal every other blank.
    """
    if not normal_value:
        raise ValueError("An empty value has no blind index.")
    return _mac(namespace, normal_value.encode())[:BLIND]


def blind_raw(namespace, raw: str, *, country: str | None = None) -> bytes | None:
    """Blind index of a raw value in a Namespace's normal form, or None where it is no identifier."""
    form = normal(namespace.normaliser, raw, country=country)
    return blind(namespace.code, form) if form else None


def digest(label: str, content: bytes) -> bytes:
    """Keyed digest of any content, such as a record's, so that equal contents are known without being told."""
    return _mac(f"digest:{label}", content)


def _mac(label: str, content: bytes) -> bytes:
    """HMAC-SHA-256 as RFC 2104 defines it. The key is hashed once a label: `hmac.digest` takes three times as long."""
    inner, outer = _keyed(label)
    inner, outer = inner.copy(), outer.copy()
    inner.update(content)
    outer.update(inner.digest())
    return outer.digest()


@cache
def _keyed(label: str):
    """The inner and the outer hash of HMAC, which have taken the label's key in."""
    key = _derive(settings.KENDT_INDEX_KEY, f"kendt/index/v1/{label}").ljust(hashlib.sha256().block_size, b"\0")
    return hashlib.sha256(bytes(one ^ 0x36 for one in key)), hashlib.sha256(bytes(one ^ 0x5C for one in key))


def _derive(secret: bytes, info: str) -> bytes:
    return HKDF(SHA256(), 32, salt=None, info=info.encode()).derive(secret)


# --- Sealing ----------------------------------------------------------------------------------------------------


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


# --- Bodies that belong to no one person (a received batch, a rejected row, an uploaded file) ----------------------


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
    return AESGCM(_derive(settings.KENDT_KEKS[1], "kendt/own/v1"))


# --- Reading, and the log of it ---------------------------------------------------------------------------------


def open_values(items: Sequence[Item], *, by, action: str, purpose: str, request_id: str = "") -> list[str | None]:
    """Open values and write one line in the access log: who, when, of whom, which fields, for what purpose.

    by: a user, a service key, or None for the system. Without items nothing is logged. Raises ValueError without a
    purpose.
    """
    _demand(purpose)
    if not items:
        return []
    values = _opened(items)
    _log(by=by, action=action, purpose=purpose, request_id=request_id, **_told(items))
    return values


def log_body(*, by, action: str, purpose: str, identities: Iterable[UUID], fields=(), request_id: str = "") -> None:
    """A line for a body of many people's values (a file) that somebody takes away.

    identities: who is in it; fields: what it holds of them. Raises ValueError without a purpose.
    """
    _demand(purpose)
    people = sorted(set(identities))
    told = {"identities": people, "fields": sorted(fields), "count": len(people)}
    _log(by=by, action=action, purpose=purpose, request_id=request_id, **told)


def log_bodies(*, by, action: str, purpose: str, fields, count: int, request_id: str = "") -> None:
    """A line for bodies that the caller opens one by one, and that name nobody yet: rejected rows, for instance."""
    _demand(purpose)
    _log(by=by, action=action, purpose=purpose, fields=sorted(fields), count=count, request_id=request_id)


def log_refused(items: Sequence[Item], *, by, action: str, purpose: str, request_id: str = "") -> None:
    """Log that somebody tried to open values and was refused."""
    _log(by=by, action=action, purpose=purpose, request_id=request_id, allowed=False, **_told(items))


def masked(items: Sequence[Item]) -> list[str | None]:
    """The values as masks. The mask is made here, so a list of masked people discloses nothing and is not logged."""
    return [None if text is None else mask(text) for text in _opened(items)]


def mask(text: str) -> str:
    """`anna@example.dk` -> `a•••@example.dk`, `+4520123456` -> `+45 •• •• 34 56`, `Anna` -> `A•••`."""
    local, at, domain = text.partition("@")
    if at and "." in domain:
        return f"{local[:1]}•••@{domain}"
    if re.fullmatch(r"\+\d{8,15}", text):
        return f"{text[:3]} •• •• {text[-4:-2]} {text[-2:]}"
    return " ".join(f"{part[:1]}•••" for part in text.split()) or "•••"


def _opened(items: Sequence[Item]) -> list[str | None]:
    ring, documents = Keyring.for_reading({item.identity for item in items}), {}
    return [_part(ring, item, documents) if item.place == DOCUMENT else ring.open(*item[:3]) for item in items]


def _part(ring: Keyring, item: Item, documents: dict) -> str | None:
    """A value of a document; `documents` are those that are open already."""
    whole = (item.identity, item.blob)
    if whole not in documents:
        text = ring.open(*item[:3])
        documents[whole] = orjson.loads(text) if text else {}
    return documents[whole].get(item.field)


def _demand(purpose: str) -> None:
    if not str(purpose).strip():
        raise ValueError("Opening personal values needs a purpose.")


def _told(items: Sequence[Item]) -> dict:
    """What a line in the log tells of `items`: of whom, which fields, how many values."""
    return {
        "identities": sorted({item.identity for item in items}),
        "fields": sorted({item.field for item in items}),
        "count": sum(item.blob is not None for item in items),
    }


def _log(*, by, purpose: str, **entry) -> None:
    actor, label = getattr(by, "pk", None), str(by) if by else "system"
    AccessEntry.objects.create(actor=actor, actor_label=label, purpose=str(purpose), **entry)


def content_digest(content: bytes) -> str:
    """SHA-256 of a file, hexadecimal: for manifests and receipts, never for personal values."""
    return hashlib.sha256(content).hexdigest()
