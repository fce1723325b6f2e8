"""What each table of `consents` is, and what of it may change (see cdp.base.database.tables)."""

from cdp.base.database.tables import evidence, guarded, projection, reference

TABLES = [
    evidence("consents.HistoricalConsentRecord"),
    evidence("consents.ConsentEvidence", deleted="erasing"),
    evidence("consents.ContactPoint", deleted="erasing"),
    evidence("consents.Objection", deleted="erasing"),
    evidence("consents.Restriction", deleted="erasing"),
    evidence("consents.Suppression", once="lifted_at lifted_reason"),
    evidence("consents.CorrectionRequest", once="decided_at decided_by approved"),
    guarded("consents.NoticeVersion_purposes", by="published_covers never_emptied"),
    reference("consents.Controller"),
    reference("consents.Purpose"),
    reference("consents.PurposeVersion", by="published_stands never_emptied"),
    reference("consents.NoticeVersion", by="published_stands never_emptied"),
    reference("consents.CollectionPoint"),
    reference("consents.AgeLimit"),
    *projection("consents.ConsentRecord"),
]
