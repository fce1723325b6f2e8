"""Who is in, since when, and why."""
