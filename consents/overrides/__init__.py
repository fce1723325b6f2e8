"""What is stronger than consent: objections, restrictions, suppressions."""
