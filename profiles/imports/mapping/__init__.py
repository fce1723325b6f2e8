"""What the columns of a file mean, and their cells as values."""
