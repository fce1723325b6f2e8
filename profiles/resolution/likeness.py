"""When names or dates of birth contradict each other, so that a shared address does not join two people."""

from collections.abc import Set
from datetime import date

from rapidfuzz.distance import JaroWinkler

#: First names below this Jaro-Winkler similarity are those of two people.
LIKE = 0.75


def names_differ(one: Set[str], two: Set[str]) -> bool:
    """True where both have first names (folded) and no name of the one is like any of the other."""
    return bool(one and two) and not any(_alike(a, b) for a in one for b in two)


def births_differ(one: Set[date], two: Set[date]) -> bool:
    """True where both have dates of birth and every pair differs in two or more of day, month, year."""
    return bool(one and two) and all(_parts_off(a, b) >= 2 for a in one for b in two)


def _alike(one: str, two: str) -> bool:
    return one == two or JaroWinkler.similarity(one, two) >= LIKE


def _parts_off(one: date, two: date) -> int:
    """How many of day, month and year differ; day and month swapped count as one."""
    swapped = (one.day, one.month) == (two.month, two.day) and one.day != one.month
    parts = 1 if swapped else (one.day != two.day) + (one.month != two.month)
    return parts + (one.year != two.year)
