"""The pages of one person's choices."""
