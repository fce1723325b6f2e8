"""What each table of `cdp` is (see cdp.base.database.tables)."""

from cdp.base.database.tables import reference, working

TABLES = [
    reference("cdp.ServiceKey"),
    *working("cdp.User", "cdp.User_groups", "cdp.User_user_permissions", "cdp.StaffSession"),
]
