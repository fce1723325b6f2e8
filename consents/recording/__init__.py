"""The one door into the consent ledger: a statement is checked, completed and written."""
