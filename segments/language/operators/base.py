"""What an operator is. A negative one is the exact complement of its positive: a missing value matches it."""

from collections.abc import Callable
from dataclasses import dataclass

from segments.language.calendar import Clock

#: A condition: SQL with %s places, and their values.
Condition = tuple[str, tuple]


@dataclass(frozen=True)
class Operator:
    """One way to test a value.

    positive: (column, test, clock) -> condition that is true where the *positive* form holds.
    words: test -> the places of `phrase`, which says the test of %(field)s.
    """

    positive: Callable[[str, dict, Clock], Condition]
    phrase: str
    words: Callable[[dict], dict] = lambda test: {}
    negative: bool = False

    def say(self, field: str, test: dict) -> str:
        return str(self.phrase) % {"field": field, **self.words(test)}


def is_set(column, _test, _clock) -> Condition:
    return f"{column} IS NOT NULL", ()


def row_condition(operator: Operator, column: str, test: dict, clock: Clock) -> Condition:
    """A condition that keeps the rows which pass; a negative one keeps those without a value too."""
    condition, params = operator.positive(column, test, clock)
    return f"({condition}) IS NOT TRUE" if operator.negative else f"({condition})", params
