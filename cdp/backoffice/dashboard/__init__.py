"""The home pages: what waits for stewards, and whether all is in order for compliance."""

from cdp.backoffice.dashboard.page import home

__all__ = ["home"]
