"""What may be asked, in which words."""
