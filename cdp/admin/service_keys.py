"""Keys with which services use the management API: made here, shown once, ended at once."""
