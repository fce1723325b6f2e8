"""The door of the SDKs: a request is checked, bounded, and kept sealed before it is acknowledged."""
