"""What `partners` holds of people (see cdp.base.personal_data)."""

from cdp.base.personal_data import Holding

HOLDINGS = [
    Holding(
        "partners.DisclosureEntry",
        exported=True,
        erased="Evidence of the delivery without the person in it; the link to the person is what goes.",
        keyed="pseudonym",
        open="id delivery consent_position disclosed_at",
    ),
    Holding("partners.DisclosureLink", exported=True, erased=True, person="identity_ref", open="entry"),
    Holding(
        "partners.Partner",
        open="id key legal_name public_name registration_no country dpo_contact deletion_contact status last_review_on",
    ),
    Holding(
        "partners.Agreement",
        open="id number partner title direction state state_reason home_time_zone language",
        staff="owner",
    ),
    Holding(
        "partners.AgreementVersion",
        open="id agreement number state legal_basis our_role partner_role arrangement_ref transfer_tool valid_from "
        "valid_until in_force onward_sharing retention_days deletion_sla_hours min_cohort relevance_note "
        "document_sha256 terms_sha256 proposed_at activated_at purposes",
        staff="author",
    ),
    Holding("partners.TermLine", open="id version direction purpose field form max_rows duties"),
    Holding("partners.Signature", open="id version capacity terms_sha256 reason seal signed_at", staff="person"),
    Holding(
        "partners.Delivery",
        open="id version purpose audience audience_ref fields state planned sent left_out stored_as sha256 manifest "
        "error requested_key requested_at built_at delete_due_at",
        staff="requested_by approved_by",
    ),
    Holding(
        "partners.InboundFile", open="id version file_import purpose received_at dropped_columns", staff="received_by"
    ),
]
