"""What proves a decision: sealed to the person, named in the ledger by the digest of its ciphertext only."""

import base64
import hashlib
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from cdp.base.database.sql import copy_in
from consents.models import ConsentEvidence, Ledger
from profiles.vault import Item, Keyring, open_values

if TYPE_CHECKING:
    from consents.recording.entry import Draft

PLACE = "consents_consentevidence.sealed"


def seal(drafts: Iterable["Draft"]) -> list[tuple["Draft", bytes]]:
    """The evidence of `drafts`, sealed; its digest is written into their rows."""
    proven = [draft for draft in drafts if draft.evidence]
    ring = Keyring.for_writing({draft.identity_ref for draft in proven}) if proven else None
    return [(draft, _sealed(draft, ring)) for draft in proven]


def _sealed(draft: "Draft", ring: Keyring) -> bytes:
    sealed = ring.seal(draft.identity_ref, PLACE, _as_text(draft.evidence))
    draft.row["evidence_digest"] = hashlib.sha256(sealed).digest()
    return sealed


def keep(sealed: Iterable[tuple["Draft", bytes]], positions: Mapping[tuple[int, str], int]) -> None:
    """Store sealed evidence under the entries that it proves."""
    kept = ((positions[draft.key], draft.evidence_type, content) for draft, content in sealed)
    copy_in("consents_consentevidence", ["entry", "media_type", "sealed"], kept)


def read(entry: Ledger, *, by, purpose: str, request_id: str = "") -> bytes | None:
    """The evidence of `entry` itself; None once the person's key is destroyed. The reading is logged."""
    sealed = ConsentEvidence.objects.get(entry=entry.pk).sealed
    item = Item(entry.identity_ref, PLACE, sealed, "evidence")
    (text,) = open_values([item], by=by, action="read_evidence", purpose=purpose, request_id=request_id)
    return None if text is None else _as_sent(text)


#: The vault seals text. What is text already is sealed as it is; everything else (a picture) in base64.
_BASE64 = "\0"


def _as_text(content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError:
        text = _BASE64
    return _BASE64 + base64.b64encode(content).decode() if text.startswith(_BASE64) else text


def _as_sent(text: str) -> bytes:
    return base64.b64decode(text[1:]) if text.startswith(_BASE64) else text.encode()
