"""What each table of `cdp` is (see cdp.base.database.tables)."""

from cdp.base.database.tables import reference, working

TABLES = [
    reference("cdp.User"),
    reference("cdp.ServiceKey"),
    *working("cdp.StaffSession"),
]
