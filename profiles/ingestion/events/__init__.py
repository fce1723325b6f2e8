"""From a kept payload to people and stored events."""
