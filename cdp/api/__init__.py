"""The management API: what the apps offer, assembled under /api/v1."""
