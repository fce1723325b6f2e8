"""Files that partners send."""
