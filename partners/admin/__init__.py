"""The screens of partners: parties, agreements, what went out, what came in."""

from partners.admin import agreements, deliveries, inbound, partners, records

__all__ = ["agreements", "deliveries", "inbound", "partners", "records"]
