"""What each table of `profiles` is, and what of it may change (see cdp.base.database.tables)."""

from cdp.base.database.tables import evidence, moving, projection, reference, working

OPEN = "mapping format rows_total"
COUNTS = "rows_done rows_new rows_updated rows_unchanged rows_rejected samples blocks_done leased_until error"
MOMENTS = "started_at finished_at"

TABLES = [
    evidence("profiles.Event", may_change="profile", deleted="erasing"),
    evidence("profiles.OrderLine", deleted="erasing"),
    evidence("profiles.EventName", deleted="erasing"),
    evidence("profiles.EventKey", deleted="always"),
    evidence("profiles.SourceIdentity", may_change="profile profile_since", deleted="erasing"),
    evidence("profiles.Record", deleted="erasing"),
    evidence("profiles.Identifier", deleted="erasing"),
    evidence("profiles.StewardDecision", deleted="erasing"),
    evidence("profiles.Alias", deleted="erasing"),
    evidence("profiles.Change", deleted="always"),
    evidence("profiles.AccessEntry"),
    evidence("profiles.DataKey", once="destroyed_at wrapped kek_version"),
    evidence("profiles.Rejection", deleted="always"),
    moving(
        "profiles.FileImport",
        begins="waiting",
        steps={
            "waiting": "checked running cancelled",
            "checked": "waiting running cancelled",
            "running": "paused done failed cancelled",
            "paused": "running cancelled",
            "failed": "running cancelled",
        },
        writes={
            "waiting": f"{OPEN} {COUNTS} {MOMENTS}",
            "checked": f"{OPEN} {COUNTS} {MOMENTS}",
            "running": f"{COUNTS} {MOMENTS}",
            "paused": f"{COUNTS} {MOMENTS}",
            "failed": f"{COUNTS} {MOMENTS}",
            "done": "stored_as samples",
            "cancelled": "stored_as samples",
        },
        deleted="always",
    ),
    moving(
        "profiles.QuarantineItem",
        begins="open",
        steps={"open": "replayed discarded"},
        writes={
            "open": "ingest_request reason detail sealed sample note",
            "replayed": "ingest_request",
            "discarded": "ingest_request",
        },
        deleted="always",
    ),
    reference("profiles.Source"),
    reference("profiles.SourceKey"),
    reference("profiles.Mapping"),
    reference("profiles.Namespace"),
    reference("profiles.Attribute"),
    reference("profiles.SharedIdentifier"),
    *projection("profiles.Profile", "profiles.GoldenValue", "profiles.RefusedLink"),
    *working("profiles.IngestRequest", "profiles.WorkItem", "profiles.ValueLock"),
]
