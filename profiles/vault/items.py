"""Sealed values with whose they are and where they lie."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

import orjson

from profiles.vault.keys import Keyring

#: Where a record keeps its sealed values: one document, each value under its field.
DOCUMENT = "profiles_record.sealed"
#: Where an identifier keeps its value.
IDENTIFIER = "profiles_identifier.sealed"


class Item(NamedTuple):
    """One sealed value: whose, where it lies ("table.column"), the ciphertext, and its field.

    The field is told in the log; in a document it says which value is meant.
    """

    identity: UUID
    place: str
    blob: bytes | None
    field: str


def decrypt(items: Sequence[Item]) -> list[str | None]:
    """The values, for this room alone: everybody else opens them with a line in the log, or masked."""
    ring, documents = Keyring.for_reading({item.identity for item in items}), {}
    return [_part(ring, item, documents) if item.place == DOCUMENT else ring.open(*item[:3]) for item in items]


def _part(ring: Keyring, item: Item, documents: dict) -> str | None:
    """A value of a document; `documents` are those that are open already."""
    whole = (item.identity, item.blob)
    if whole not in documents:
        text = ring.open(*item[:3])
        documents[whole] = orjson.loads(text) if text else {}
    return documents[whole].get(item.field)
