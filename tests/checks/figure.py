from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """What was measured, and what it may be at most or, with `at_least`, must be."""

    name: str
    value: float
    limit: float
    unit: str = ""
    at_least: bool = False

    @property
    def is_met(self) -> bool:
        return self.value >= self.limit if self.at_least else self.value <= self.limit

    def __str__(self) -> str:
        sign = ">=" if self.at_least else "<="
        value, limit = f"{self.value:,.0f}{self.unit}", f"{sign} {self.limit:,.0f}{self.unit}"
        return f"{self.name:<55} {value:>12} {limit:>12}  {'ok' if self.is_met else 'NOT MET'}"
