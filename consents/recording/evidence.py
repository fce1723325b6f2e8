"""What proves a decision: sealed to the person, named in the ledger by the digest of its ciphertext only."""

import base64
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.contrib.auth import get_user_model

from cdp.base.database.ids import uuid7s
from cdp.base.database.sql import copy_in
from consents.models import ConsentEvidence
from profiles.vault import Item, Keyring, open_values

if TYPE_CHECKING:
    from consents.recording.entry import Draft

PLACE = "consents_consentevidence.sealed"


def keep(drafts: Iterable["Draft"], *, by) -> None:
    """Seal and store the evidence of `drafts`, and write its digest into their rows."""
    proven = [draft for draft in drafts if draft.evidence]
    ring = Keyring.for_writing({draft.identity_ref for draft in proven}) if proven else None
    staff = by.pk if isinstance(by, get_user_model()) else None
    kept = []
    for id, draft in zip(uuid7s(len(proven)), proven, strict=True):
        sealed = ring.seal(draft.identity_ref, PLACE, base64.b64encode(draft.evidence).decode())
        digest = draft.row["evidence_digest"] = hashlib.sha256(sealed).hexdigest()
        kept.append((id, draft.identity_ref, digest, draft.evidence_type, sealed, staff))
    columns = ["id", "identity_ref", "digest", "media_type", "sealed", "created_by_id"]
    copy_in("consents_consentevidence", columns, kept)


def read(evidence: ConsentEvidence, *, by, purpose: str, request_id: str = "") -> bytes | None:
    """The evidence itself; None once the person's key is destroyed. The reading is logged."""
    item = Item(evidence.identity_ref, PLACE, evidence.sealed, "evidence")
    (text,) = open_values([item], by=by, action="read_evidence", purpose=purpose, request_id=request_id)
    return None if text is None else base64.b64decode(text)
