"""What an installation begins with, the demo, and the register of personal data."""
