"""Names of files as they are shown. They are never used to store anything."""

import unicodedata

LONGEST = 200


def shown_name(name: str) -> str:
    """The last part of a path without control and direction characters, shortened in the middle."""
    last = name.replace("\\", "/").rpartition("/")[2]
    text = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign)[0] != "C").strip()
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 21]}…{text[-20:]}"
