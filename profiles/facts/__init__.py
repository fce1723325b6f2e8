"""The one writer of what sources say of people: subjects, records, identifiers and values."""

from profiles.facts.people import Outcome, Person, Problem, State, Written
from profiles.facts.reading import external_key
from profiles.facts.writing import write

__all__ = ["Outcome", "Person", "Problem", "State", "Written", "external_key", "write"]
