"""The list of people, the page of one, and what a steward decides there."""
