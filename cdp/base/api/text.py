"""Text as PostgreSQL can keep it. Imports no views: a parser that settings name uses it."""

import re

UNSTORABLE = re.compile("[\x00\ud800-\udfff]")


def is_storable(text: str) -> bool:
    """False for text with a NUL character or half a surrogate pair, which no database column holds."""
    return UNSTORABLE.search(text) is None
