"""Consents in the admin: what may be asked, what was answered, what overrides it. Thin: each act calls a verb."""

from consents.admin import corrections, ledger, notices, overrides, records, reference, suppressions

__all__ = ["corrections", "ledger", "notices", "overrides", "records", "reference", "suppressions"]
