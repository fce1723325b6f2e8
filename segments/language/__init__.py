"""The language of segments: documents, their check, their sentence and their SQL."""
