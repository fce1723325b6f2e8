"""What `consents` holds of people (see cdp.base.personal_data)."""

from cdp.base.personal_data import Holding

PROOF = "Proof of what was allowed; it holds references only, and goes when its retention rule ends."

HOLDINGS = [
    Holding(
        "consents.ConsentRecord",
        exported=True,
        erased=PROOF,
        person="profile identity_ref contact_ref",
        open="id channel purpose controller purpose_version state doi_pending effective_at recorded_at "
        "validity_until notice_version actor_kind needs_refresh ledger_position",
    ),
    Holding(
        "consents.HistoricalConsentRecord",
        exported=True,
        erased=PROOF,
        keyed="evidence_digest body_digest",
        person="identity_ref contact_ref record",
        open="channel purpose controller purpose_version state doi_pending consent_type effective_at recorded_at "
        "validity_until notice_version language jurisdiction collection_point trust method actor_kind reason_code "
        "source source_event_id supersedes file_import row_number schema_version "
        "history_id history_date history_type history_change_reason",
        staff="actor_ref history_user_id",
    ),
    Holding(
        "consents.ConsentEvidence",
        exported=True,
        erased=True,
        sealed="sealed",
        person="entry",
        open="media_type",
    ),
    Holding(
        "consents.ContactPoint",
        exported="A random id; the address itself is exported with the identifiers.",
        erased=True,
        keyed="blind",
        person="ref",
        open="namespace",
    ),
    Holding(
        "consents.CorrectionRequest",
        exported="An internal question; the entry and its correction are exported.",
        erased=PROOF,
        person="entry",
        open="id purpose reason_code requested_at decided_at approved",
        staff="requested_by decided_by",
    ),
    Holding(
        "consents.Objection",
        exported=True,
        erased=True,
        person="identity_ref",
        open="id scope purpose lifted effective_at recorded_at source source_event_id reason_code",
        staff="actor_ref",
    ),
    Holding(
        "consents.Restriction",
        exported=True,
        erased=True,
        person="identity_ref",
        open="id lifted reason_code effective_at recorded_at",
        staff="actor_ref",
    ),
    Holding(
        "consents.Suppression",
        exported=True,
        erased="The keyed digest stays, so that the address is never written to again.",
        keyed="blind",
        open="id entry namespace channel reason note review_on created_at lifted_at lifted_reason",
        staff="created_by",
    ),
    Holding("consents.Controller", open="id key name address contact email url country"),
    Holding("consents.Purpose", open="id key title dpv_iri direct_marketing profiling automated_decision active"),
    Holding(
        "consents.PurposeVersion",
        open="id purpose number description legal_basis special_category data_categories valid_months min_age "
        "reconsent published_at",
    ),
    Holding(
        "consents.NoticeVersion",
        open="id key language version text withdrawal_text sha256 recipients material_change published_from "
        "published_to purposes",
    ),
    Holding("consents.CollectionPoint", open="id key title kind trust needs_double_opt_in active purposes"),
    Holding("consents.AgeLimit", open="country years valid_from reason confirmed"),
]
