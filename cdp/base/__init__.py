"""What everybody stands on: no models, and nothing of the project is imported here."""
