"""How an app leaves a place to those above it, which it does not know.

The app that asks declares the place under a clear name; whoever answers says so in its `apps.py`, with its order, and
every place is walked in that order, whatever INSTALLED_APPS says.
"""

from collections.abc import Iterator
from typing import Generic, TypeVar

Extension = TypeVar("Extension")


class ExtensionPoint(Generic[Extension]):
    """A named place for extensions of one kind."""

    def __init__(self, name: str):
        self.name = name
        self._by_order: dict[int, Extension] = {}

    def add(self, extension: Extension, *, order: int) -> None:
        """Let `extension` be asked from now on; the same again is one. ValueError where its turn is taken."""
        if self._by_order.setdefault(order, extension) != extension:
            raise ValueError(f"Turn {order} of {self.name} is taken by {self._by_order[order]}.")

    def __iter__(self) -> Iterator[Extension]:
        return iter([self._by_order[order] for order in sorted(self._by_order)])

    @property
    def only(self) -> Extension | None:
        """The one extension of a place that takes one; None where there is none."""
        return next(iter(self), None)
