"""Files that go out to partners."""
