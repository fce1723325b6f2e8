"""May this person be contacted, shared or scored? The one decision, and its SQL."""
