"""Does every record equal a fresh fold of the ledger? And making it so again."""

from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.base.database.sql import rows, value
from cdp.base.progress import SILENT, Progress
from consents.state.fold import ALWAYS, COLUMNS, FOLD_OF_ALL, fold
from profiles.records.locks import hold_everybody


class Drift(NamedTuple):
    """A choice of a person whose record is not what the ledger says. `found` or `expected` is None where it lacks."""

    profile: UUID
    record: UUID
    found: str | None
    expected: str | None


_COMPARED = [column for column in COLUMNS if column != "id"]
_DIFFERENCES = f"""
{FOLD_OF_ALL}
SELECT coalesce(r.profile_id, f.profile_id), coalesce(r.id, f.id), r.state, f.state
FROM consents_consentrecord r FULL JOIN folded f ON f.id = r.id
WHERE ({", ".join(f"r.{column}" for column in _COMPARED)})
    IS DISTINCT FROM ({", ".join(f"f.{column}" for column in _COMPARED)})
ORDER BY 1, 2
"""
#: What is stored as proof of an entry and is not what the entry was written with.
_FALSE_EVIDENCE = """
SELECT count(*) FROM consents_consentevidence e LEFT JOIN consents_historicalconsentrecord l ON l.history_id = e.entry
WHERE sha256(e.sealed) IS DISTINCT FROM l.evidence_digest
"""

#: Published words that are not those whose digest was taken when they were published.
_ALTERED_NOTICES = """
SELECT count(*) FROM consents_noticeversion
WHERE published_from IS NOT NULL AND encode(sha256(convert_to(text, 'UTF8')), 'hex') <> sha256
"""


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: rows that differ from a fresh fold}, and how much evidence is not what its digest says."""
    progress.begin("consents")
    return {
        "records": len(differences()),
        "evidence": value(_FALSE_EVIDENCE),
        "notices": value(_ALTERED_NOTICES),
    }


def differences() -> list[Drift]:
    """Every record that differs from the fold of the ledger, in one statement; empty when all is well."""
    return [Drift(*found) for found in rows(_DIFFERENCES, ALWAYS)]


@transaction.atomic
def rebuild(progress: Progress = SILENT) -> int:
    """Fold everybody anew from the ledger; give how many people's records changed. Writers wait meanwhile."""
    progress.begin("consents")
    hold_everybody()
    return len(fold(None))
