"""Which statement stands: the fold of the ledger, now and at any moment."""
