"""Agreements: their life, what they lack, who approved them, what they are worth now."""
