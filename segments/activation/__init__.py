"""The exit: people of a segment go to a destination."""
