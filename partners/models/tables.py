"""What each table of `partners` is, and what of it may change (see cdp.base.database.tables)."""

from cdp.base.database.tables import evidence, guarded, moving, reference

LINES = "lines_stand lines_stay never_emptied"

TABLES = [
    evidence("partners.Signature"),
    evidence("partners.DisclosureEntry"),
    evidence("partners.DisclosureLink", deleted="erasing"),
    evidence("partners.InboundFile", may_change="dropped_columns"),
    moving(
        "partners.Delivery",
        begins="planned",
        steps={
            "planned": "approved cancelled",
            "approved": "building blocked failed cancelled",
            "building": "ready",
            "ready": "sent",
        },
        writes={
            "planned": "approved_by error",
            "approved": "error",
            "building": "version planned sent left_out stored_as sha256 manifest built_at delete_due_at",
        },
        once="approved_by",
    ),
    guarded("partners.TermLine", by=LINES),
    guarded("partners.AgreementVersion_purposes", by=LINES),
    reference("partners.Partner", by="name_stands"),
    reference("partners.Agreement", by="agreement_stands active_has_version"),
    reference("partners.AgreementVersion", by="terms_stand terms_computed two_signed never_emptied", rows="lines"),
]
