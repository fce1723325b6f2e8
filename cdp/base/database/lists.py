"""Long lists of UUIDs, bytes or whole numbers as parameters: psycopg would look at each whether to quote it."""

from uuid import UUID

import psycopg
from psycopg.types.array import ListDumper


class QuickListDumper(ListDumper):
    """psycopg's own, with one expression for a list that holds nothing but UUIDs, or bytes, or numbers."""

    def dump(self, obj: list) -> bytes | None:
        write = WRITERS.get(type(obj[0])) if obj else None
        return write(obj) if write and len(set(map(type, obj))) == 1 else super().dump(obj)


def _uuids(found: list[UUID]) -> bytes:
    return b"{%b}" % b",".join([b"%032x" % one.int for one in found])


def _binaries(found: list[bytes]) -> bytes:
    return ("{" + ",".join([f'"\\\\x{one.hex()}"' for one in found]) + "}").encode()


def _numbers(found: list[int]) -> bytes:
    return ("{" + ",".join(map(str, found)) + "}").encode()


WRITERS = {UUID: _uuids, bytes: _binaries, int: _numbers}


def register() -> None:
    """For every connection that is made from now on."""
    psycopg.adapters.register_dumper(list, QuickListDumper)
