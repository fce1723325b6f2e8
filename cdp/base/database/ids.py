"""Keys that are known before their rows are written: UUIDs of version 7, made in the application, which sort by time of
making (RFC 9562), and numbers of a sequence."""

import os
import time
from uuid import UUID

from django.db import models

from cdp.base.database.sql import rows

RANDOM = 10  # bytes after the milliseconds
FIXED = 0x7 << 76 | 0b10 << 62  # version and variant
FREE = ~(0xF << 76 | 0b11 << 62)


class NextNumber(models.Func):
    """The next number of a sequence, as the default of a column. Named by text, so the sequence may be made later."""

    function = "nextval"
    template = "%(function)s(%(expressions)s::text)"

    def __init__(self, sequence: str):
        super().__init__(models.Value(sequence), output_field=models.IntegerField())


def uuid7() -> UUID:
    """A time-ordered UUID: 48 bits of milliseconds, then 74 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[UUID]:
    """`count` UUIDs of the present millisecond, in rising order."""
    millis, random = time.time_ns() // 1_000_000, os.urandom(RANDOM * count)
    tails = sorted(int.from_bytes(random[at : at + RANDOM]) & FREE | FIXED for at in range(0, len(random), RANDOM))
    return [UUID(int=millis << 80 | tail) for tail in tails]


def next_numbers(table: str, count: int) -> list[int]:
    """The next `count` numbers of the key `id` of `table`, in rising order; no row has them, now or later, but ours."""
    asked = "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)"
    return [number for (number,) in rows(asked, [table, count])] if count else []
