"""What may be shared with a partner of whom, and under which pseudonym."""
