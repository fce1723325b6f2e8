"""Signing in: password, second factor, sessions that end when they must."""
