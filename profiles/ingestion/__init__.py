"""The door for data: what was received is kept before it is acknowledged, then drained into facts and events."""
