"""Who may come in and what they may do: accounts, roles, service keys, content security."""
