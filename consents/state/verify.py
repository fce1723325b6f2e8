"""Does every record equal a fresh fold of the ledger? And making it so again."""

from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from cdp.base.database.sql import rows
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


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """{projection: rows that differ from a fresh fold}."""
    progress.begin("consents")
    return {"records": len(differences())}


def differences() -> list[Drift]:
    """Every record that differs from the fold of the ledger, in one statement; empty when all is well."""
    return [Drift(*found) for found in rows(_DIFFERENCES, ALWAYS)]


@transaction.atomic
def rebuild(progress: Progress = SILENT) -> int:
    """Fold everybody anew from the ledger; give how many people's records changed. Writers wait meanwhile."""
    progress.begin("consents")
    hold_everybody()
    return len(fold(None))
