"""Keys made in the application: UUID version 7, which sort by time of making (RFC 9562)."""

import os
import time
import uuid


def uuid7() -> uuid.UUID:
    """A time-ordered UUID: 48 bits of milliseconds, then 74 random bits."""
    return uuid.UUID(bytes=_bytes(time.time_ns() // 1_000_000))


def uuid7s(count: int) -> list[uuid.UUID]:
    """`count` UUIDs of the present millisecond, in rising order."""
    millis = time.time_ns() // 1_000_000
    return [uuid.UUID(bytes=form) for form in sorted(_bytes(millis) for _ in range(count))]


def _bytes(millis: int) -> bytes:
    random = bytearray(os.urandom(10))
    random[0] = 0x70 | (random[0] & 0x0F)
    random[2] = 0x80 | (random[2] & 0x3F)
    return millis.to_bytes(6, "big") + bytes(random)
