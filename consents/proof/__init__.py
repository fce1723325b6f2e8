"""The history of a person's consents, to read and to hand over."""
