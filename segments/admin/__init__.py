"""Pages of `segments`: who is in, why, how big, whom one may reach, and what left the company."""

from segments.admin import activations, records, segments

__all__ = ["activations", "records", "segments"]
