"""What each table of `cdp` is (see cdp.kit.tables)."""

from cdp.kit.tables import reference, working

TABLES = [
    reference("cdp.ServiceKey"),
    *working("cdp.User", "cdp.User_groups", "cdp.User_user_permissions", "cdp.StaffSession"),
]
