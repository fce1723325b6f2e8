"""For assertions about each of some things: of nothing, everything is true."""

from collections.abc import Collection, Iterable, Iterator
from itertools import chain
from typing import TypeVar

T = TypeVar("T")


def each(things: Iterable[T]) -> Iterable[T]:
    """`things`, of which there is at least one, or it fails. What is made one by one is made no faster."""
    if isinstance(things, Iterator):
        things = chain(_first(things), things)
    elif not isinstance(things, Collection):
        things = list(things)
    assert things, "there is nothing to judge"
    return things


def _first(things: Iterator[T]) -> list[T]:
    for one in things:
        return [one]
    raise AssertionError("there is nothing to judge")
