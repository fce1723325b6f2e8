"""Personal values as masks, which disclose nothing."""

import re
from collections.abc import Sequence

from profiles.vault.items import Item, decrypt


def masked(items: Sequence[Item]) -> list[str | None]:
    """The values as masks. The mask is made here, so a list of masked people discloses nothing and is not logged."""
    return [None if text is None else mask(text) for text in decrypt(items)]


def mask(text: str) -> str:
    """`anna@example.dk` -> `a•••@example.dk`, `+4520123456` -> `+45 •• •• 34 56`, `Anna` -> `A•••`."""
    local, at, domain = text.partition("@")
    if at and "." in domain:
        return f"{local[:1]}•••@{domain}"
    if re.fullmatch(r"\+\d{8,15}", text):
        return f"{text[:3]} •• •• {text[-4:-2]} {text[-2:]}"
    return " ".join(f"{part[:1]}•••" for part in text.split()) or "•••"
