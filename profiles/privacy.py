"""What `profiles` holds of people (see cdp.base.personal_data)."""

from cdp.base.personal_data import Holding

KEPT_AS_EVIDENCE = "The log of who opened what is kept; it holds references, which say nothing once keys are shredded."
NOT_THE_PERSONS = "It is about the file or the sender, and is purged with them."

HOLDINGS = [
    Holding(
        "profiles.SourceIdentity",
        exported=True,
        erased=True,
        keyed="external_key",
        person="id profile",
        open="source profile_since is_test created_at",
    ),
    Holding(
        "profiles.Record",
        exported=True,
        erased=True,
        sealed="sealed",
        keyed="digest",
        person="id identity",
        quasi="traits",
        open="source version party agreement_version file_import row_number verified valid_until observed_at "
        "received_at",
    ),
    Holding(
        "profiles.Identifier",
        exported=True,
        erased=True,
        sealed="sealed",
        keyed="blind",
        person="identity record",
        open="namespace verified observed_at",
    ),
    Holding(
        "profiles.Event",
        exported=True,
        erased=True,
        sealed="sealed",
        person="record profile",
        quasi="order_id properties",
        open="id occurred_at source file_import name category product_id quantity price amount currency original_at "
        "sent_at received_at flags",
    ),
    Holding("profiles.EventName", open="id type name"),
    Holding(
        "profiles.OrderLine",
        exported=True,
        erased=True,
        person="event",
        quasi="properties",
        open="occurred_at position product_id category quantity price amount currency",
    ),
    Holding(
        "profiles.EventKey",
        exported="A digest of a message id; the event itself is exported.",
        erased="A digest of a message id, kept so that a late copy of an erased event is not stored again.",
        keyed="key",
    ),
    Holding(
        "profiles.ValueLock",
        exported="Empty but for what is being written at this moment.",
        erased="Empty but for what is being written at this moment.",
        keyed="blind",
        open="namespace",
    ),
    Holding(
        "profiles.IngestRequest",
        exported=NOT_THE_PERSONS,
        erased=NOT_THE_PERSONS,
        sealed="sealed",
        open="id source is_test received_at sent_at events stored state attempts error done_at",
    ),
    Holding(
        "profiles.QuarantineItem",
        exported=NOT_THE_PERSONS,
        erased=NOT_THE_PERSONS,
        sealed="sealed",
        keyed="key",
        open="id source ingest_request reason detail sample received_at state note expires_at",
    ),
    Holding(
        "profiles.Rejection",
        exported=NOT_THE_PERSONS,
        erased=NOT_THE_PERSONS,
        sealed="sealed_row",
        open="file_import row_number column code detail",
    ),
    Holding(
        "profiles.FileImport",
        open="id number source mapping party agreement_version state file_name stored_as sha256 format rows_total "
        "rows_done rows_new rows_updated rows_unchanged rows_rejected samples blocks_done leased_until error "
        "created_at started_at finished_at",
        staff="created_by",
    ),
    Holding(
        "profiles.StewardDecision",
        exported=True,
        erased=True,
        person="identity other record",
        open="id kind attribute withdraws reason expires_at decided_at",
        staff="decided_by",
    ),
    Holding(
        "profiles.Profile",
        exported=True,
        erased="A stub without values stays, so that an erased id answers that it is gone.",
        person="id",
        open="is_test first_seen_at last_seen_at identity_count erased_at",
    ),
    Holding("profiles.Alias", exported=True, erased=True, person="identity profile", open="valid_from valid_to"),
    Holding(
        "profiles.GoldenValue",
        exported=True,
        erased=True,
        person="profile record",
        quasi="text number date boolean items",
        open="attribute rule candidates party",
    ),
    Holding(
        "profiles.RefusedLink",
        exported="It would tell one person of another.",
        erased=True,
        person="identity other",
        open="id namespace reason created_at",
    ),
    Holding(
        "profiles.WorkItem",
        exported="An internal task; the facts behind it are exported.",
        erased=True,
        person="identity_ref",
        keyed="fingerprint",
        open="id kind why state created_at closed_at",
        staff="assignee",
    ),
    Holding(
        "profiles.SharedIdentifier",
        exported="A value of several people.",
        erased="A value of several people; a keyed digest only.",
        keyed="blind",
        open="namespace verdict people_seen reason expires_at created_at",
    ),
    Holding(
        "profiles.DataKey",
        exported="The key of the values, not a value.",
        erased=True,
        sealed="wrapped",
        person="identity",
        open="kek_version destroyed_at",
    ),
    Holding(
        "profiles.Change",
        exported="It says that something changed; what changed is exported.",
        erased="It holds references, which say nothing once the person is erased, and goes after some days.",
        person="profile object",
        open="seq epoch xid kind what is_test recorded_at",
    ),
    Holding(
        "profiles.AccessEntry",
        exported=True,
        erased=KEPT_AS_EVIDENCE,
        person="identities",
        open="id recorded_at action purpose fields count allowed request_id",
        staff="actor actor_label",
    ),
    Holding(
        "profiles.Source",
        open="id code title kind party trust namespace default_country time_zone values_verified "
        "allowed_origins skew_threshold_seconds enabled created_at",
    ),
    Holding("profiles.SourceKey", keyed="digest", open="id source start is_test created_at last_used_at revoked_at"),
    Holding("profiles.Mapping", open="id source name rows spec created_at"),
    Holding("profiles.Attribute", open="id code title type classification group freshness_days active"),
    Holding(
        "profiles.Namespace",
        open="id code title role normaliser priority max_per_profile hub_limit window_days many contact_channel",
    ),
]
