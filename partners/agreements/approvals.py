"""Approvals that prove themselves: each carries a seal made with a key that is not in the database.

The tables refuse an approval by the author and a second one by the same person; they cannot know whether a row was
written by a person in this product or by SQL. The seal tells, and it is asked again before anything is shared.
"""

import hmac
from collections import defaultdict

from cdp.base.database.sql import dicts
from partners.models import AgreementVersion, Signature
from partners.models.agreements import Capacity
from profiles import vault


def seal(version_id, person_id, capacity: str, terms_sha256: str) -> bytes:
    """Keyed digest (32 bytes) of who approved what in which capacity."""
    return vault.digest("signature", f"{version_id}|{person_id}|{capacity}|{terms_sha256}".encode())


def standing(versions) -> dict:
    """Version id -> its approvals that count: of exactly the present terms, not the author's, with a true seal."""
    found = defaultdict(list)
    rows = Signature.objects.filter(version__in=[version.pk for version in versions]).select_related("person")
    terms = {version.pk: (version.terms_sha256, version.author_id) for version in versions}
    for row in rows.order_by("signed_at"):
        digest, author = terms[row.version_id]
        if row.terms_sha256 == digest and row.person_id != author and _is_true(row):
            found[row.version_id].append(row)
    return found


def proven(versions) -> set:
    """Ids of those versions whose terms are unchanged since two people, one for compliance, approved them."""
    unchanged = _unchanged(versions)
    return {pk for pk, rows in standing(versions).items() if pk in unchanged and suffice(rows)}


def suffice(rows) -> bool:
    """Two distinct people, one of them for compliance."""
    return len({row.person_id for row in rows}) >= 2 and any(row.capacity == Capacity.COMPLIANCE for row in rows)


def digest_of(version: AgreementVersion) -> str:
    """SHA-256 over all terms of a stored version, computed by the database (`partners_terms_digest`)."""
    return _digests([version.pk])[version.pk]


def _unchanged(versions) -> set:
    digests = _digests([version.pk for version in versions])
    return {version.pk for version in versions if digests[version.pk] == version.terms_sha256}


def _digests(ids) -> dict:
    found = dicts(
        "SELECT id, partners_terms_digest(v) AS digest FROM partners_agreementversion v WHERE id = ANY(%s)", [list(ids)]
    )
    return {row["id"]: row["digest"] for row in found}


def _is_true(row: Signature) -> bool:
    return hmac.compare_digest(seal(row.version_id, row.person_id, row.capacity, row.terms_sha256), bytes(row.seal))
