"""Personal values: sealed to a person, found by a blind index, opened only here, with a line in the access log."""

from profiles.vault.access_log import log_bodies, log_body, log_refused, open_values
from profiles.vault.blind_index import BLIND, blind, digest
from profiles.vault.items import DOCUMENT, IDENTIFIER, Item
from profiles.vault.keys import Keyring, KeysMissing, destroy_keys
from profiles.vault.masking import mask, masked
from profiles.vault.sealing import open_own, seal_own

__all__ = [
    "BLIND",
    "DOCUMENT",
    "IDENTIFIER",
    "Item",
    "Keyring",
    "KeysMissing",
    "blind",
    "destroy_keys",
    "digest",
    "log_bodies",
    "log_body",
    "log_refused",
    "mask",
    "masked",
    "open_own",
    "open_values",
    "seal_own",
]
