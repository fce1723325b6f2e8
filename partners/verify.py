"""Whether the evidence of `partners` is whole. Nothing here is projection, so nothing can be folded anew."""

from cdp.base.database import sql
from cdp.base.progress import SILENT, Progress

RECONCILED = """
SELECT count(*) FROM (
    SELECT FROM partners_delivery d LEFT JOIN partners_disclosureentry e ON e.delivery_id = d.id
    GROUP BY d.id
    HAVING count(e.id) <> CASE WHEN d.state IN ('ready', 'sent') THEN (d.manifest ->> 'rows')::int ELSE 0 END
) unequal
"""
ALTERED_TERMS = """
SELECT count(*) FROM partners_agreementversion v WHERE terms_sha256 <> '' AND partners_terms_digest(v) <> terms_sha256
"""


def verify(progress: Progress = SILENT) -> dict[str, int]:
    """Deliveries whose disclosures are not as many as the rows of their manifest; terms that are not those proposed."""
    progress.begin("deliveries")
    return {"disclosures": sql.value(RECONCILED), "terms": sql.value(ALTERED_TERMS)}


def rebuild(progress: Progress = SILENT) -> None:
    """There is no projection to fold: a difference here is an alarm, and a person looks into it."""
